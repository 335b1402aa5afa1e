import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { CrosspointError } from '#protocol/errors.ts';
import type { FileEntry, SandboxFiles } from '../sandbox.ts';
import { PodRefusal } from './channel.ts';
import type { Body, ByteKind } from './channel.ts';
import { defaultEntries, defaultReadBytes, maxEntries, maxWriteBytes, readableSize } from './limits.ts';
import type { Pod } from './pod.ts';
import type { PodRequest } from './pod/requests.ts';
import { workspacePath } from './workspace-path.ts';

/** Milliseconds for one request; 100 MB to a slow disk take a while. */
const deadlineMs = 120_000;
/** Bytes of the JSON line of one entry: its path has at most 4,096, and JSON may write six for one. */
const maxEntryBytes = 32_768;

const entrySchema = v.object({
  path: v.pipe(v.string(), v.maxLength(4_096)),
  type: v.picklist(['file', 'directory', 'link', 'other']),
  size: v.pipe(v.number(), v.integer(), v.minValue(0)),
  modifiedMs: v.pipe(v.number(), v.integer()),
});
const fingerprintSchema = v.object({ token: v.nullable(v.pipe(v.string(), v.maxLength(100))) });
const statSchema = v.object({ entry: v.nullable(entrySchema) });

export interface Question<Answer> {
  path: string;
  request: PodRequest;
  /** Bytes that the answer may have. */
  limit: number;
  body?: Body;
  parse: (answer: unknown, bytes: Buffer) => Answer;
}

type InPod = <Result>(use: (pod: Pod) => Promise<Result>) => Promise<Result>;

/** Files through the supervisor. @param inPod gives the running pod, which is started when it is not */
export function podFiles(inPod: InPod): SandboxFiles {
  const ask = <Answer>(question: Question<Answer>) => inPod((pod) => askPod(pod, question));
  const nothing = () => undefined;
  const bytesOnly = (_answer: unknown, bytes: Buffer) => bytes;
  return {
    async read(path, { maxBytes = defaultReadBytes } = {}) {
      const request = { op: 'read', path: workspacePath(path), maxBytes } as const;
      return ask({ path, request, limit: maxBytes, parse: bytesOnly });
    },
    async write(path, body) {
      if (body.byteLength > maxWriteBytes) throw tooLarge(path, maxWriteBytes);
      const request = { op: 'write', path: workspacePath(path) } as const;
      return ask({ path, request, limit: 0, body, parse: nothing });
    },
    async list(path, { recursive = false, maxEntries: wanted = defaultEntries } = {}) {
      const entries = Math.min(Math.max(1, wanted), maxEntries);
      const request = { op: 'list', path: workspacePath(path), recursive, maxEntries: entries } as const;
      const parse = (_answer: unknown, bytes: Buffer) => parseEntries(bytes).slice(0, entries);
      return ask({ path, request, limit: entries * maxEntryBytes, parse });
    },
    async stat(path) {
      const request = { op: 'stat', path: workspacePath(path) } as const;
      const parse = (answer: unknown) => v.parse(statSchema, answer).entry;
      return ask({ path, request, limit: 0, parse });
    },
    async remove(path) {
      const request = { op: 'remove', path: workspacePath(path) } as const;
      // The workspace itself stays: it is where commands run.
      if (request.path === '.') throw new CrosspointError('not_a_file', { path });
      return ask({ path, request, limit: 0, parse: nothing });
    },
    async changedSince(known) {
      const parse = (answer: unknown) => v.parse(fingerprintSchema, answer).token;
      const token = await ask({ path: '.', request: { op: 'fingerprint' }, limit: 0, parse });
      // Of a tree that is too large to look at, each time is another.
      return { token: token ?? randomUUID(), changed: token === null || token !== known };
    },
  };
}

export async function askPod<Answer>(pod: Pod, question: Question<Answer>): Promise<Answer> {
  const { path, request, limit, body, parse } = question;
  const parts: Buffer[] = [];
  let size = 0;
  const onBytes = (kind: ByteKind, bytes: Buffer) => {
    size += bytes.length;
    // More than was asked for comes only from a supervisor that is not ours any more; throwing ends it.
    if (kind !== 'data' || size > limit) throw new RangeError('more bytes than were asked for');
    parts.push(bytes);
  };
  try {
    const answer = await pod.request(request, { body, onBytes, deadlineMs }).answer;
    return parse(answer, Buffer.concat(parts));
  } catch (cause) {
    if (cause instanceof v.ValiError || cause instanceof SyntaxError) pod.kill('its supervisor was changed');
    throw fileError(path, request, cause);
  }
}

function fileError(path: string, request: PodRequest, cause: unknown): unknown {
  if (!(cause instanceof PodRefusal)) return new CrosspointError('sandbox_unreachable', {}, { cause });
  const values = { path: path.slice(0, 200) };
  switch (cause.failure.code) {
    case 'not_found':
      return new CrosspointError('file_not_found', values, { cause });
    case 'too_large':
      return tooLarge(path, request.op === 'read' ? request.maxBytes : maxWriteBytes);
    case 'no_space':
      return new CrosspointError('disk_full', {}, { cause });
    case 'not_a_file':
    case 'not_a_directory':
      return new CrosspointError('not_a_file', values, { cause });
    case 'refused':
    case 'other':
      return new CrosspointError('bad_request', { detail: refusalSentence(path, cause) }, { cause });
  }
}

function refusalSentence(path: string, { failure }: PodRefusal): string {
  return `"${path.slice(0, 200)}" cannot be used: ${failure.detail}.`;
}

function tooLarge(path: string, limit: number): CrosspointError {
  return new CrosspointError('file_too_large', { path: path.slice(0, 200), limit: readableSize(limit) });
}

function parseEntries(bytes: Buffer): FileEntry[] {
  const lines = bytes.toString('utf8').split('\n').slice(0, -1);
  return lines.map((line) => v.parse(entrySchema, JSON.parse(line)));
}
