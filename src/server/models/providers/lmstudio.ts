import * as v from 'valibot';
import { localServer } from './local-server.ts';
import { readModelList } from './model-list.ts';

/** Its own list tells more than the compatible one (lmstudio.ai/docs/developer/rest/endpoints). */
const ownList = v.object({
  data: v.array(
    v.object({
      id: v.pipe(v.string(), v.minLength(1)),
      type: v.string(),
      max_context_length: v.nullish(v.number()),
      loaded_context_length: v.nullish(v.number()),
      capabilities: v.nullish(v.array(v.string())),
    }),
  ),
});

export const lmstudio = localServer({
  id: 'lmstudio',
  label: 'LM Studio',
  rank: 21,
  variable: 'LMSTUDIO_BASE_URL',
  // It takes pictures as data only.
  dialect: { imageUrls: false },
  async models(ask) {
    const listed = readModelList(await ask('/v1/models'));
    const own = v.safeParse(ownList, await ask('/api/v0/models').catch(() => null));
    const facts = new Map(own.success ? own.output.data.map((model) => [model.id, model]) : []);
    return listed.flatMap(({ id }) => {
      const known = facts.get(id);
      if (!known) return [{ model: id }];
      if (known.type === 'embeddings') return [];
      return [
        {
          model: id,
          contextWindow: known.loaded_context_length ?? known.max_context_length ?? null,
          capabilities: {
            images: known.type === 'vlm',
            ...(known.capabilities ? { tools: known.capabilities.includes('tool_use') } : {}),
          },
        },
      ];
    });
  },
});
