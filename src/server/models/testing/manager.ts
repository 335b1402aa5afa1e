import { readConfig } from '#server/config.ts';
import { createModelManager, type ModelManagerOptions } from '../model-manager.ts';

/** A port where nobody listens: the machine of a test may run a model server of its own. */
const nowhere = 'http://127.0.0.1:9';

export const noServers = {
  OLLAMA_BASE_URL: nowhere,
  LMSTUDIO_BASE_URL: nowhere,
  LLAMACPP_BASE_URL: nowhere,
  VLLM_BASE_URL: nowhere,
};

/** Settings in memory: the contract of the store's. */
export function memorySettings(values: Record<string, string> = {}) {
  const kept = new Map(Object.entries(values));
  return {
    kept,
    get: (key: string) => Promise.resolve(kept.get(key) ?? null),
    set: (key: string, value: string) => {
      kept.set(key, value);
      return Promise.resolve();
    },
  };
}

/** A manager for this environment, on a fixed day unless told otherwise. */
export function managerFor(env: Record<string, string>, options: Partial<ModelManagerOptions> = {}) {
  return createModelManager({
    config: readConfig({ ...noServers, ...env }),
    settings: memorySettings(),
    now: () => Date.parse('2026-11-25T12:00:00Z'),
    modelsDevUrl: `${nowhere}/api.json`,
    ...options,
  });
}
