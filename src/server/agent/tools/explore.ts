import * as v from 'valibot';
import { firstWords } from '../handoff/shorten.ts';
import type { Explorer } from '../subagent/explorer.ts';
import { objectSchema, parseWith } from './schema.ts';
import type { HostTool, Tool } from './tool.ts';

const schema = v.object({
  task: v.pipe(
    v.string('what to find out is needed.'),
    v.trim(),
    v.minLength(1, 'is empty.'),
    v.maxLength(8_000, 'is longer than 8000 characters: ask one question.'),
    v.transform((text) => text.toWellFormed()),
  ),
});
type Args = v.InferOutput<typeof schema>;

/** @param tools of which the subagent gets those that only read */
export function explore(explorer: Explorer, tools: readonly Tool[]): HostTool<Args> {
  return {
    name: 'explore',
    kind: 'read',
    onHost: true,
    // The scripted demo would only begin its script again.
    offered: ({ target }) => target.provider !== 'demo',
    description:
      'Sends a subagent to answer one question about the workspace by searching and reading; it changes nothing and runs nothing. You get its answer with path:line evidence, not what it read. Use it where many files would have to be looked at; for a file or word that you know, read_file and search_text are quicker. It knows nothing of this conversation: say all it needs. Several questions that do not depend on each other belong in one message.',
    parameters: objectSchema(
      {
        task: {
          type: 'string',
          description: 'The question, what is known already, and what the answer should name.',
        },
      },
      ['task'],
    ),
    parse: parseWith(schema),
    async run({ task }, context) {
      const outcome = await explorer.explore(task, tools, context);
      return { ...outcome, summary: `${outcome.summary} for "${firstWords(task, 60)}"` };
    },
  };
}
