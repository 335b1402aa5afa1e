import { localServer } from './local-server.ts';
import { readModelList } from './model-list.ts';

/** https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html */
export const vllm = localServer({
  id: 'vllm',
  label: 'vLLM',
  rank: 23,
  variable: 'VLLM_BASE_URL',
  async models(ask) {
    const listed = readModelList(await ask('/v1/models'));
    return listed.map(({ id, max_model_len: size }) => ({ model: id, contextWindow: size ?? null }));
  },
});
