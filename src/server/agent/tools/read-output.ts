import * as v from 'valibot';
import { markedData } from '#server/web/marked-data.ts';
import { objectSchema, parseWith } from './schema.ts';
import type { HostTool } from './tool.ts';

/** Whose the text is, to the model. */
const from = 'an earlier call';
/** Characters of one answer. */
const pageCharacters = 16_000;

const schema = v.object({
  output: v.pipe(
    v.string('the name of the output is needed.'),
    v.regex(/^[0-9a-f]{8}$/, 'must be the eight characters that the shortened result names.'),
  ),
  offset: v.optional(
    v.pipe(
      v.number('must be a number.'),
      v.integer('must be a whole number.'),
      v.minValue(0, 'must be at least 0.'),
    ),
  ),
});
type Args = v.InferOutput<typeof schema>;

/** Reads what a shortened result left out, from the record: also after the sandbox has gone. */
export const readOutput: HostTool<Args> = {
  name: 'read_output',
  kind: 'read',
  onHost: true,
  description: `Shows what a result of this conversation left out because it was long, ${pageCharacters} characters at a time. The result names the output and the offset. Nothing runs again.`,
  parameters: objectSchema(
    {
      output: { type: 'string', description: 'As the shortened result names it.' },
      offset: { type: 'integer', minimum: 0, description: 'The first character; 0 when left out.' },
    },
    ['output'],
  ),
  parse: parseWith(schema),
  async run({ output, offset = 0 }, { output: read }) {
    const whole = await read(output);
    if (whole === null) return refused(`This conversation has no output "${output}".`);
    if (offset >= whole.length)
      return refused(`The output ${output} has only ${whole.length} characters; name a smaller offset.`);
    const end = pageEnd(whole, offset);
    const range = `characters ${offset} to ${end} of ${whole.length}`;
    const rest = end < whole.length ? `\n[${range}; read on with offset ${end}]` : '';
    return {
      status: 'ok',
      // A stranger may have written it, such as an MCP server whose result was marked so.
      text:
        markedData([{ facts: {}, text: whole.slice(offset, end).toWellFormed() }], undefined, from) + rest,
      summary: `Read output ${output} (${range})`,
    };
  },
};

function refused(text: string) {
  return { status: 'error' as const, text, summary: text };
}

/** After a whole line where lines are short, and never within a surrogate pair. */
function pageEnd(text: string, offset: number): number {
  const end = Math.min(text.length, offset + pageCharacters);
  if (end === text.length) return end;
  const newline = text.lastIndexOf('\n', end - 1);
  if (newline > offset + pageCharacters / 2) return newline + 1;
  return /[\uD800-\uDBFF]/.test(text.charAt(end - 1)) ? end - 1 : end;
}
