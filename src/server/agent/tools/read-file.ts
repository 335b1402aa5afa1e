import * as v from 'valibot';
import type { SeenFile } from '#protocol/message.ts';
import { lineNumber, objectSchema, parseWith, pathSchema } from './schema.ts';
import { decodeText, fileHash, imageTypeOf, workspacePath } from './text-file.ts';
import type { Tool, ToolOutcome } from './tool.ts';

const defaultLines = 2_000;
const maxCharacters = 60_000;
const maxLineCharacters = 2_000;
const maxImageBytes = 4_000_000;

const schema = v.object({ path: pathSchema, offset: v.optional(lineNumber), limit: v.optional(lineNumber) });
type Args = v.InferOutput<typeof schema>;

export const readFile: Tool<Args> = {
  name: 'read_file',
  kind: 'read',
  description: `Reads a file of the workspace. Text comes with line numbers (they are not part of the file), at most ${defaultLines} lines at once; use offset and limit to read on. Images are shown to you. Read a file before you edit it.`,
  parameters: objectSchema(
    {
      path: { type: 'string', description: 'Relative to the workspace.' },
      offset: { type: 'integer', minimum: 1, description: 'The first line, from 1.' },
      limit: { type: 'integer', minimum: 1, description: `How many lines; ${defaultLines} when left out.` },
    },
    ['path'],
  ),
  parse: parseWith(schema),
  async run(args, { sandbox }) {
    const bytes = await sandbox.files.read(args.path);
    const file = { path: workspacePath(sandbox, args.path), hash: fileHash(bytes) };
    const mediaType = imageTypeOf(bytes);
    if (mediaType) return image(args.path, mediaType, bytes);
    const text = decodeText(bytes);
    if (text !== null) return page(args, text, file);
    const size = `${args.path} is a binary file of ${bytes.length} bytes.`;
    return {
      status: 'ok',
      text: `${size} Look at it with a command such as file, xxd or strings.`,
      summary: size,
    };
  },
};

function image(path: string, mediaType: string, bytes: Uint8Array): ToolOutcome {
  const text = `${path}: ${mediaType}, ${bytes.length} bytes.`;
  if (bytes.length > maxImageBytes)
    return { status: 'error', text: `${text} It is too large to show.`, summary: text };
  const data = Buffer.from(bytes).toString('base64');
  return {
    status: 'ok',
    text,
    summary: `Looked at ${path}`,
    images: [{ type: 'image', mediaType, data }],
    currentFile: path,
  };
}

function page({ path, offset = 1, limit = defaultLines }: Args, text: string, file: SeenFile): ToolOutcome {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (!lines.length)
    return {
      status: 'ok',
      text: `${path} is empty.`,
      summary: `Read ${path} (empty)`,
      currentFile: path,
      file,
    };
  if (offset > lines.length) {
    const text = `${path} has only ${lines.length} lines.`;
    return { status: 'error', text, summary: text };
  }
  const shown: string[] = [];
  let characters = 0;
  for (const line of lines.slice(offset - 1, offset - 1 + limit)) {
    const cut = shownLine(line);
    characters += cut.length + 8;
    if (characters > maxCharacters && shown.length) break;
    shown.push(`${String(offset + shown.length).padStart(6)}\t${cut}`);
  }
  const last = offset + shown.length - 1;
  const rest =
    last < lines.length
      ? `\n[lines ${offset} to ${last} of ${lines.length}; read on with offset ${last + 1}]`
      : '';
  const range = rest || offset > 1 ? ` (lines ${offset}–${last} of ${lines.length})` : '';
  return {
    status: 'ok',
    text: shown.join('\n') + rest,
    summary: `Read ${path}${range}`,
    currentFile: path,
    file: range === '' ? file : { ...file, lines: [offset, last] },
  };
}

function shownLine(line: string): string {
  const left = line.length - maxLineCharacters;
  if (left <= 0) return line;
  const note = `[… ${left} more characters of this line; a command such as cut -c shows parts of it]`;
  return line.slice(0, maxLineCharacters).toWellFormed() + note;
}
