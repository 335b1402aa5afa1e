import { hash } from 'node:crypto';
import type { FileContentAnswer, FilesAnswer } from '#protocol/answers.ts';
import { CrosspointError } from '#protocol/errors.ts';
import { saveFileCommand } from '#protocol/workspace-commands.ts';
import { packed, unpackInto } from '#server/workspace/archive.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { ApiRequest, Endpoint } from '../endpoint.ts';
import { openSandbox, threadOf } from './workspace.ts';

const maxEntries = 2_000;
/** Bytes of a file that are looked at, and bytes of its text that are shown. */
const maxRead = 10 * 1024 * 1024;
const maxShown = 512 * 1024;
const maxDownload = 512 * 1024 * 1024;

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
  const path = requirePath(request);
  const sandbox = await openSandbox(parts, request);
  return { body: contentAnswer(path, await sandbox.files.read(path, { maxBytes: maxRead })) };
};

/** Only over what the person has seen: a file that the agent, or another page, changed since then is left as it is. */
export const saveFile: Endpoint = async (parts, request) => {
  const thread = await threadOf(parts, request);
  const { path, content, hash } = await request.command(saveFileCommand);
  const sandbox = await parts.workspaces.open(thread);
  const bytes = Buffer.from(content);
  if (hash !== undefined) {
    const now = await readIfThere(sandbox, path);
    if ((now && hashOf(now)) !== hash) throw new CrosspointError('file_changed', { path });
  }
  await sandbox.files.write(path, bytes);
  await parts.workspaces.keep(thread);
  return { body: contentAnswer(path, bytes) };
};

export const removeFile: Endpoint = async (parts, request) => {
  const path = requirePath(request);
  const thread = await threadOf(parts, request);
  const sandbox = await parts.workspaces.open(thread);
  await sandbox.files.remove(path);
  await parts.workspaces.keep(thread);
  return { body: {} };
};

/** `?path=` is the file; with `&unpack=tar` the folder that the archive is unpacked in. */
export const uploadFile: Endpoint = async (parts, request) => {
  const path = requirePath(request);
  const thread = await threadOf(parts, request);
  const sandbox = await parts.workspaces.open(thread);
  if (request.query.get('unpack') === 'tar') {
    await unpackInto(sandbox, path, request.bytes());
    await parts.workspaces.keep(thread);
    return { body: { path } };
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of request.bytes()) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  await sandbox.files.write(path, bytes);
  await parts.workspaces.keep(await threadOf(parts, request));
  return { body: { path, size: bytes.byteLength } };
};

/** A file as it is, a folder as an archive. Always as a download: nothing of a workspace is a page under our address. */
export const downloadFile: Endpoint = async (parts, request) => {
  const path = readPath(request) || '.';
  const sandbox = await openSandbox(parts, request);
  const entry = path === '.' ? null : await sandbox.files.stat(path);
  if (path !== '.' && !entry) throw new CrosspointError('file_not_found', { path });
  const name = path === '.' ? 'workspace' : (path.split('/').at(-1) ?? 'file');
  if (entry?.type === 'file') {
    const bytes = await sandbox.files.read(path, { maxBytes: maxDownload });
    return { text: once(bytes), headers: attachment(name, 'application/octet-stream') };
  }
  return { text: packed(sandbox, path), headers: attachment(`${name}.tar.gz`, 'application/gzip') };
};

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function attachment(name: string, type: string): Record<string, string> {
  const plain = name.replaceAll(/[^A-Za-z0-9._-]/g, '_');
  return {
    'content-type': type,
    'content-disposition': `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(name)}`,
  };
}

function contentAnswer(path: string, bytes: Uint8Array): FileContentAnswer {
  return {
    path,
    size: bytes.byteLength,
    content: textOf(bytes.subarray(0, maxShown), bytes.byteLength > maxShown),
    truncated: bytes.byteLength > maxShown,
    hash: hashOf(bytes),
  };
}

async function readIfThere(sandbox: Sandbox, path: string): Promise<Uint8Array | null> {
  try {
    return await sandbox.files.read(path, { maxBytes: maxRead });
  } catch (cause) {
    if (cause instanceof CrosspointError && cause.code === 'file_not_found') return null;
    throw cause;
  }
}

const hashOf = (bytes: Uint8Array) => hash('sha256', bytes, 'hex');

const order = (type: string) => (type === 'directory' ? 0 : 1);

/** @throws `bad_request` */
export function requirePath(request: ApiRequest): string {
  const path = readPath(request);
  if (path === '') throw new CrosspointError('bad_request', { detail: 'Name a file: ?path=src/main.ts' });
  return path;
}

function readPath({ query }: ApiRequest): string {
  const path = query.get('path') ?? '';
  if (path.includes('\0') || path.length > 4_096)
    throw new CrosspointError('bad_request', { detail: 'The path is not one.' });
  return path;
}

/** null for what is no UTF-8 text; the end of a cut text may be within a character. A byte order mark is kept, for a save. */
function textOf(bytes: Uint8Array, cut: boolean): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: cut });
  } catch (cause) {
    if (cause instanceof TypeError) return null;
    throw cause;
  }
}
