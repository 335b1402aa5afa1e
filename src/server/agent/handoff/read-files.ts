import { posix } from 'node:path';
import type { ToolCallPart, ToolResultPart } from '#protocol/message.ts';
import { isCut } from './shorten.ts';

/** Shorter texts are sent again: a sentence in their place saves nothing. */
const fewestCharacters = 400;
const maxPathCharacters = 200;

/** What a model was shown of one file, as it was at that time. */
interface Shown {
  hash: string | undefined;
  texts: Set<string>;
}

/**
 * Which texts of files stand in full in what a model is shown, so that the same text is not sent twice. Only what the
 * same call gave of the same state of a file is taken for it; an edit in between makes what was read before old.
 */
export class ReadFiles {
  readonly #files = new Map<string, Shown>();

  /** Takes a result that the model gets next. A sentence to show in its place, or null: it is shown in full. */
  pointerFor(call: ToolCallPart, result: ToolResultPart): string | null {
    const path = pathOf(call, result);
    if (path === null || result.status !== 'ok') return null;
    const known = this.#files.get(path);
    const hash = result.file?.hash;
    const isSame = known !== undefined && known.hash === hash;
    if (result.name !== 'read_file') {
      // A change, or a write of the same text: what was read is what the file holds only in the second case.
      if (!isSame || hash === undefined) this.#files.delete(path);
      return null;
    }
    if (isSame && known.texts.has(result.text)) return pointer(path);
    if (result.images?.length || isCut(result) || result.text.length < fewestCharacters) return null;
    if (isSame) known.texts.add(result.text);
    else this.#files.set(path, { hash, texts: new Set([result.text]) });
    return null;
  }
}

function pointer(path: string): string {
  return `[${path} is unchanged: these lines of it stand in the result of an earlier read_file of the same path, further up in this conversation, in full. Work with that text.]`;
}

const fileTools = new Set(['read_file', 'write_file', 'edit_file']);

/** null: the call is about no file, or about one whose name is too long to repeat. */
function pathOf({ args }: ToolCallPart, { name, file }: ToolResultPart): string | null {
  if (!fileTools.has(name)) return null;
  const path = file?.path ?? namedPath(args);
  return path === null || path.length > maxPathCharacters ? null : path;
}

function namedPath(args: string): string | null {
  const [, text] = /"path"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(args) ?? [];
  if (text === undefined) return null;
  try {
    return posix.normalize(JSON.parse(text) as string);
  } catch (cause) {
    // Control characters, as a model without strict JSON writes them: not a path that is read twice.
    if (cause instanceof SyntaxError) return null;
    throw cause;
  }
}
