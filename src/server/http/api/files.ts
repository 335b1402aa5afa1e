import type { FileContentAnswer, FilesAnswer } from '#protocol/answers.ts';
import { CrosspointError } from '#protocol/errors.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { ApiRequest, Endpoint, EndpointParts } from '../endpoint.ts';

const maxEntries = 2_000;
/** Bytes of a file that are looked at, and bytes of its text that are shown. */
const maxRead = 10 * 1024 * 1024;
const maxShown = 512 * 1024;

/** One folder of the workspace, folders first. */
export const listFiles: Endpoint = async (parts, request) => {
  const path = readPath(request);
  const sandbox = await openSandbox(parts, request);
  const entries = await sandbox.files.list(path, { maxEntries });
  const body: FilesAnswer = {
    path,
    entries: entries
      .map(({ path, type, size }) => ({ path, type, size }))
      .sort((left, right) => order(left.type) - order(right.type) || (left.path < right.path ? -1 : 1)),
  };
  return { body };
};

/** As JSON, never as a document of its own: a page from a workspace must not run under our address. */
export const readFile: Endpoint = async (parts, request) => {
  const path = readPath(request);
  if (path === '') throw new CrosspointError('bad_request', { detail: 'Name a file: ?path=src/main.ts' });
  const sandbox = await openSandbox(parts, request);
  const bytes = await sandbox.files.read(path, { maxBytes: maxRead });
  const body: FileContentAnswer = {
    path,
    size: bytes.byteLength,
    content: textOf(bytes.subarray(0, maxShown), bytes.byteLength > maxShown),
    truncated: bytes.byteLength > maxShown,
  };
  return { body };
};

const order = (type: string) => (type === 'directory' ? 0 : 1);

function readPath({ query }: ApiRequest): string {
  const path = query.get('path') ?? '';
  if (path.includes('\0') || path.length > 4_096)
    throw new CrosspointError('bad_request', { detail: 'The path is not one.' });
  return path;
}

/** The id of a sandbox comes from a thread of this person, never from the request (rule R19). */
async function openSandbox(
  { store, sandboxes }: EndpointParts,
  { userId, id }: ApiRequest,
): Promise<Sandbox> {
  const thread = await store.threads.get(userId, id);
  if (!thread) throw new CrosspointError('not_found', { what: 'thread' });
  return sandboxes.open(thread.sandboxId);
}

/** null for what is no UTF-8 text; the end of a cut text may be within a character. */
function textOf(bytes: Uint8Array, cut: boolean): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: cut });
  } catch (cause) {
    if (cause instanceof TypeError) return null;
    throw cause;
  }
}
