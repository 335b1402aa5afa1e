import * as v from 'valibot';
import { localServer } from './local-server.ts';
import { readModelList } from './model-list.ts';

const properties = v.object({
  default_generation_settings: v.object({ n_ctx: v.number() }),
  modalities: v.nullish(v.object({ vision: v.nullish(v.boolean()) })),
});

/** https://github.com/ggml-org/llama.cpp/tree/master/tools/server */
export const llamacpp = localServer({
  id: 'llamacpp',
  label: 'llama.cpp',
  rank: 22,
  variable: 'LLAMACPP_BASE_URL',
  async models(ask) {
    const listed = readModelList(await ask('/v1/models'));
    // The window that the server was started with; the model was trained with a larger one.
    const props = v.safeParse(properties, await ask('/props').catch(() => null));
    return listed.map(({ id, meta }) => ({
      model: id,
      contextWindow: props.success
        ? props.output.default_generation_settings.n_ctx
        : (meta?.n_ctx_train ?? null),
      capabilities: { images: props.success && props.output.modalities?.vision === true },
    }));
  },
});
