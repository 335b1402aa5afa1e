import * as v from 'valibot';
import type { Config } from '#server/config.ts';
import type { SettingsStore } from '#server/store/store.ts';
import { fetchJson } from '../fetch-json.ts';
import { readModelsDev } from './models-dev.ts';
import { readOpenRouterList } from './openrouter-list.ts';
import { factsPatch, type FactsPatch } from './patch.ts';
import { readProviderList } from './provider-list.ts';

const settingsKey = 'models.facts';
/** What was fetched so long ago is fetched again. */
const freshMs = 12 * 3_600_000;
const timeoutMs = 10_000;
const maxBytes = 24_000_000;
const maxPatches = 2_500;

const stored = v.object({ fetchedAt: v.number(), patches: v.array(factsPatch) });

export interface RefreshOptions {
  config: Config;
  settings: Pick<SettingsStore, 'get' | 'set'>;
  /** Epoch milliseconds. */
  now(): number;
  modelsDevUrl: string;
  logger: RefreshLogger;
}

export interface RefreshLogger {
  warn(details: object, message: string): void;
}

/** Facts of the last refresh, empty when there was none or its record is unreadable. */
export async function readStored(
  settings: RefreshOptions['settings'],
): Promise<v.InferOutput<typeof stored>> {
  const nothing = { fetchedAt: 0, patches: [] };
  const text = await settings.get(settingsKey);
  if (text === null) return nothing;
  try {
    return v.parse(stored, JSON.parse(text));
  } catch (cause) {
    // It is only a cache: the next refresh writes a good one.
    if (cause instanceof SyntaxError || v.isValiError(cause)) return nothing;
    throw cause;
  }
}

/**
 * Newer facts from models.dev and from the providers that have a key; null when nothing is to be fetched or nobody
 * answered. What one source does not give stays as another has it.
 */
export async function fetchFacts(options: RefreshOptions, signal: AbortSignal): Promise<FactsPatch[] | null> {
  const { config, settings, now, logger } = options;
  const wanted = sources(options);
  if (!config.refreshModels || !wanted.length) return null;
  const known = await readStored(settings);
  if (Math.abs(now() - known.fetchedAt) < freshMs) return null;
  const results = await Promise.all(
    wanted.map(async ({ url, headers, read }) => {
      try {
        const answer = await fetchJson(url, { signal, timeoutMs, maxBytes, ...(headers ? { headers } : {}) });
        return read(answer).filter((patch) => v.is(factsPatch, patch));
      } catch (cause) {
        if (!signal.aborted)
          logger.warn({ cause, host: new URL(url).host }, 'newer model facts could not be fetched');
        return null;
      }
    }),
  );
  if (signal.aborted || results.every((result) => result === null)) return null;
  const failed = new Set(wanted.filter((_source, index) => results[index] === null).map(({ name }) => name));
  const kept = known.patches.filter(({ source }) => failed.has(source));
  return [...kept, ...results.flatMap((result) => result ?? [])].slice(0, maxPatches);
}

/** Keeps what was fetched for the next start. */
export async function writeStored({ settings, now }: RefreshOptions, patches: FactsPatch[]): Promise<void> {
  await settings.set(settingsKey, JSON.stringify({ fetchedAt: now(), patches }));
}

interface Source {
  /** As its patches name it. */
  name: string;
  url: string;
  headers?: Record<string, string>;
  read(answer: unknown): FactsPatch[];
}

/** None at all without the key of some provider. A key goes to its own provider only. */
function sources({ config, modelsDevUrl, now }: RefreshOptions): Source[] {
  const { keys, baseUrls } = config;
  const today = new Date(now()).toISOString().slice(0, 10);
  const bearer = (key: string | null) => ({ authorization: `Bearer ${key}` });
  const own = (provider: string, url: string, headers: Record<string, string>): Source => ({
    name: `the list of ${provider}`,
    url,
    headers,
    read: (answer) => readProviderList(provider, answer, today),
  });
  const list: Source[] = [];
  if (Object.values(keys).some((key) => key !== null))
    list.push({ name: 'models.dev', url: modelsDevUrl, read: (answer) => readModelsDev(answer, today) });
  if (keys.openai) list.push(own('openai', `${baseUrls.openai}/models`, bearer(keys.openai)));
  if (keys.groq) list.push(own('groq', `${baseUrls.groq}/models`, bearer(keys.groq)));
  if (keys.openrouter)
    list.push({
      name: 'OpenRouter',
      url: `${baseUrls.openrouter}/models`,
      headers: bearer(keys.openrouter),
      read: (answer) => readOpenRouterList(answer, today),
    });
  return list;
}
