import * as v from 'valibot';

/** `GET /v1/models`, with what LM Studio, llama.cpp and vLLM add to OpenAI's form. */
const modelList = v.object({
  data: v.array(
    v.object({
      id: v.pipe(v.string(), v.minLength(1), v.maxLength(300)),
      max_model_len: v.nullish(v.number()),
      meta: v.nullish(v.object({ n_ctx_train: v.nullish(v.number()) })),
    }),
  ),
});

export type ListedModel = v.InferOutput<typeof modelList>['data'][number];

/**
 * The models that can answer: servers list models for embeddings among them, known only by their names.
 * Throws when this is no model list, e.g. because another program listens at that port.
 */
export function readModelList(answer: unknown): ListedModel[] {
  return v.parse(modelList, answer).data.filter(({ id }) => !/embed|rerank|whisper/i.test(id));
}
