import * as v from 'valibot';
import { localServer, type Ask, type LocalModel } from './local-server.ts';

const tags = v.object({
  models: v.array(v.object({ name: v.pipe(v.string(), v.minLength(1)), remote_host: v.nullish(v.string()) })),
});
const running = v.object({
  models: v.array(v.object({ name: v.string(), context_length: v.nullish(v.number()) })),
});
const details = v.object({
  capabilities: v.nullish(v.array(v.string())),
  parameters: v.nullish(v.string()),
  model_info: v.nullish(v.record(v.string(), v.unknown())),
});
type Details = v.InferOutput<typeof details>;

/** Asked for their details; of more, only the names are known. */
const maxDetailed = 60;

/** https://docs.ollama.com/api/introduction */
export const ollama = localServer({
  id: 'ollama',
  label: 'Ollama',
  rank: 20,
  variable: 'OLLAMA_BASE_URL',
  // It takes pictures as data only.
  dialect: { imageUrls: false },
  async models(ask) {
    const { models } = v.parse(tags, await ask('/api/tags'));
    const loaded = await loadedContexts(ask);
    const found = await Promise.all(
      models.map(async ({ name, remote_host: remote }, index) => {
        const shown = index < maxDetailed ? await show(ask, name) : null;
        const model = shown ? modelOf(name, shown, loaded.get(name)) : { model: name };
        // Ollama's cloud models only look local.
        return model && remote ? { ...model, elsewhere: true } : model;
      }),
    );
    return found.filter((model) => model !== null);
  },
});

/** null when it does not answer about this one: the model is offered all the same. */
async function show(ask: Ask, name: string): Promise<Details | null> {
  const result = v.safeParse(details, await ask('/api/show', { model: name }).catch(() => null));
  return result.success ? result.output : null;
}

/** A loaded model's window is what the server gave it, often far less than the model could take; the rest is cut silently. */
async function loadedContexts(ask: Ask): Promise<Map<string, number>> {
  const result = v.safeParse(running, await ask('/api/ps').catch(() => null));
  const models = result.success ? result.output.models : [];
  return new Map(models.flatMap(({ name, context_length: size }) => (size ? [[name, size]] : [])));
}

function modelOf(model: string, shown: Details, loaded: number | undefined): LocalModel | null {
  const can = shown.capabilities;
  if (can && !can.includes('completion')) return null;
  const contextWindow = loaded ?? contextOf(shown);
  if (!can) return { model, contextWindow };
  return {
    model,
    contextWindow,
    capabilities: {
      tools: can.includes('tools'),
      images: can.includes('vision'),
      reasoning: can.includes('thinking'),
    },
  };
}

function contextOf({ parameters, model_info: info }: Details): number | null {
  const set = /^num_ctx\s+(\d+)/m.exec(parameters ?? '');
  if (set) return Number(set[1]);
  const known = Object.entries(info ?? {}).find(([name]) => name.endsWith('.context_length'))?.[1];
  return typeof known === 'number' ? known : null;
}
