import * as v from 'valibot';
import type { ModelConfig } from '#protocol/model.ts';
import type { SettingsStore } from '#server/store/store.ts';

const settingsKey = 'models.choice';

const choice = v.object({
  provider: v.string(),
  model: v.string(),
  temperature: v.exactOptional(v.number()),
  maxTokens: v.exactOptional(v.number()),
  reasoningEffort: v.exactOptional(v.picklist(['off', 'low', 'medium', 'high'])),
  stream: v.exactOptional(v.boolean()),
});

/** The last choice, or null when there is none or its record is unreadable. */
export async function readChoice(settings: Pick<SettingsStore, 'get'>): Promise<ModelConfig | null> {
  const text = await settings.get(settingsKey);
  if (text === null) return null;
  try {
    return v.parse(choice, JSON.parse(text));
  } catch (cause) {
    // A convenience only: without it the default is used.
    if (cause instanceof SyntaxError || v.isValiError(cause)) return null;
    throw cause;
  }
}

export async function writeChoice(settings: Pick<SettingsStore, 'set'>, config: ModelConfig): Promise<void> {
  await settings.set(settingsKey, JSON.stringify(config));
}
