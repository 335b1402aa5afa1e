import type { NewEvent } from '#protocol/events.ts';
import type { ModelConfig } from '#protocol/model.ts';
import { CrosspointError } from '#protocol/errors.ts';
import type { ThreadRow } from '#server/store/store.ts';
import { modelName } from './model-request.ts';
import type { AgentSetup } from './parts.ts';
import { switchReceipt } from './switch-receipt.ts';
import type { ThreadMemory } from './thread-memory.ts';
import type { FallbackModel } from './types.ts';

/** How a request names a model: a preset or `provider/model`, or a whole configuration. The latter wins. */
export interface ModelChoice {
  modelName?: string | undefined;
  modelConfig?: ModelConfig | undefined;
}

/**
 * The chosen configuration, or null when none was named.
 * @throws `invalid_model_preset`, `unknown_provider`, `missing_model`, `model_retired`, `model_unavailable`
 */
export function resolveChoice(setup: AgentSetup, choice: ModelChoice): ModelConfig | null {
  const config = resolve(setup, choice);
  if (config) setup.models.assertUsable(config);
  return config;
}

/**
 * The fallback chain that was named, as a change of the thread; each model once. Nothing changes when none was named.
 * @throws as `resolveChoice`, for the first model that cannot be used
 */
export function resolveChain(
  setup: AgentSetup,
  { fallbackModels }: { fallbackModels?: FallbackModel[] | undefined },
): Partial<Pick<ThreadRow, 'fallbackModels'>> {
  if (!fallbackModels) return {};
  const chain = fallbackModels.flatMap((given) => {
    const choice = typeof given === 'string' ? { modelName: given } : { modelConfig: given };
    return resolveChoice(setup, choice) ?? [];
  });
  return { fallbackModels: [...new Map(chain.map((config) => [modelName(config), config])).values()] };
}

/** Who writes a thread's summaries, and whom its subagents ask; null goes back to the default. */
type Helpers = 'compactionModel' | 'subagentModel';

/** Those that were named, as a change of the thread. @throws as `resolveChoice` */
export function resolveHelpers(
  setup: AgentSetup,
  given: { [Helper in Helpers]?: FallbackModel | null | undefined },
): Partial<Pick<ThreadRow, Helpers>> {
  const resolved = (['compactionModel', 'subagentModel'] as const).flatMap((helper) => {
    const model = given[helper];
    if (model === undefined) return [];
    const choice = typeof model === 'string' ? { modelName: model } : { modelConfig: model ?? undefined };
    return [[helper, resolveChoice(setup, choice)] as const];
  });
  return Object.fromEntries(resolved);
}

function resolve(setup: AgentSetup, { modelName, modelConfig }: ModelChoice): ModelConfig | null {
  if (modelConfig) {
    const { provider, model } = setup.models.resolveCustom(modelConfig.provider, modelConfig.model);
    return { ...modelConfig, provider, model };
  }
  return modelName === undefined ? null : setup.models.resolveName(modelName);
}

/** Empty when only the settings change: the same model is not a switch. */
export async function switchEvents(
  setup: AgentSetup,
  thread: ThreadRow,
  memory: ThreadMemory,
  to: ModelConfig | null,
): Promise<NewEvent[]> {
  if (!to || modelName(to) === modelName(thread.modelConfig)) return [];
  const receipt = await switchReceipt(setup, thread, memory, to);
  const names = { from: modelName(thread.modelConfig), to: modelName(to) };
  const at = new Date().toISOString();
  return [{ type: 'model.switched', data: { ...names, by: 'user', receipt, at } }];
}

/**
 * What is recorded when a model begins to answer here: its switch, also when it was chosen while the thread was on another
 * branch. Nothing ever takes over silently.
 */
export async function takeoverEvents(
  setup: AgentSetup,
  thread: ThreadRow,
  memory: ThreadMemory,
  to: ModelConfig,
): Promise<NewEvent[]> {
  const switched = await switchEvents(setup, thread, memory, to);
  if (switched.length) return switched;
  await memory.refresh(setup.store);
  const types = ['run.started', 'model.switched'];
  const events = await setup.store.events.listOfTypes(thread.id, types, { path: memory.path });
  const last = events.at(-1)?.event;
  const from =
    last?.type === 'run.started' ? last.data.model : last?.type === 'model.switched' && last.data.to;
  if (!from) return [];
  const slash = from.indexOf('/');
  const modelConfig = { provider: from.slice(0, slash), model: from.slice(slash + 1) };
  return switchEvents(setup, { ...thread, modelConfig }, memory, to);
}

/** A remembered choice is a convenience: that it could not be kept is no reason to refuse the command. */
export async function rememberChoice(setup: AgentSetup, config: ModelConfig | null): Promise<void> {
  if (!config) return;
  try {
    await setup.models.rememberChoice(config);
  } catch (cause) {
    setup.logger.warn({ cause, model: modelName(config) }, 'the choice of a model was not remembered');
  }
}

export async function requireThread(setup: AgentSetup, userId: string, threadId: string): Promise<ThreadRow> {
  const thread = await setup.store.threads.get(userId, threadId);
  if (!thread) throw new CrosspointError('not_found', { what: 'thread' });
  return thread;
}
