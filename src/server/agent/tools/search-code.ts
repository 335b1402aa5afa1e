import * as v from 'valibot';
import type { CodeSearch } from '#server/search/code-search.ts';
import type { CodeAnswer } from '#server/search/code-search.types.ts';
import type { CodeHit } from '#server/search/excerpts.ts';
import { oneLine } from './command-result.ts';
import { objectSchema, parseWith } from './schema.ts';
import type { WorkspaceTool } from './tool.ts';

const usualHits = 8;
const maxHits = 20;
const maxQueryCharacters = 1_000;
const maxLineCharacters = 240;

const schema = v.object({
  query: v.pipe(
    v.string('a query is needed: what the code does, in words or names.'),
    v.trim(),
    v.minLength(1, 'is empty.'),
    v.maxLength(maxQueryCharacters, `is longer than ${maxQueryCharacters} characters.`),
  ),
  limit: v.optional(
    v.pipe(
      v.number('must be a number.'),
      v.integer('must be a whole number.'),
      v.minValue(1, 'must be at least 1.'),
      v.maxValue(maxHits, `must be at most ${maxHits}.`),
    ),
  ),
});
type Args = v.InferOutput<typeof schema>;

/** Finds definitions by what they do. */
export function searchCode(search: CodeSearch): WorkspaceTool<Args> {
  return {
    name: 'search_code',
    kind: 'read',
    description: `Finds the functions, classes and sections of the workspace that have to do with what you describe, best first: with path, lines, name and the first lines of each. Say what the code does, in words or names ("retry a failed request with a delay"). Use it when you do not know how something is called; search_text finds exact texts. Ignored and generated files are left out.`,
    parameters: objectSchema(
      {
        query: { type: 'string', description: 'What the code does, in words or names.' },
        limit: {
          type: 'integer',
          minimum: 1,
          maximum: maxHits,
          description: `At most so many places; ${usualHits} when left out.`,
        },
      },
      ['query'],
    ),
    parse: parseWith(schema),
    async run({ query, limit = usualHits }, { sandbox, thread, call, signal }) {
      const { userId, threadId, runId } = call;
      const answer = await search.search({
        sandbox,
        workspaceId: thread.sandboxId,
        text: query,
        limit,
        asked: { userId, threadId, runId },
        signal,
      });
      const count = answer.hits.length;
      return {
        status: 'ok',
        text: textOf(answer),
        summary: `Searched the code for ${oneLine(query, 60)}: ${count} ${count === 1 ? 'place' : 'places'}`,
      };
    },
  };
}

function textOf({ hits, notes }: CodeAnswer): string {
  const found = hits.length
    ? hits.map(entry)
    : ['Nothing was found. Try other words, or search_text for an exact text.'];
  return [...notes.map((note) => `[${note}]`), ...found].join('\n\n');
}

function entry({ path, kind, symbol, parent, startLine, endLine, lines }: CodeHit): string {
  const name = [parent, symbol].filter(Boolean).join('.');
  const head = `${path}:${startLine}-${endLine}${name ? `  ${kind} ${cut(name)}` : ''}`;
  const code = lines.map((line, index) => `${String(startLine + index).padStart(6)}\t${cut(line)}`);
  const rest = endLine - startLine + 1 - lines.length;
  return [head, ...code, ...(rest > 0 ? [`       … ${rest} more lines`] : [])].join('\n');
}

function cut(line: string): string {
  return line.length > maxLineCharacters ? `${line.slice(0, maxLineCharacters).toWellFormed()}[…]` : line;
}
