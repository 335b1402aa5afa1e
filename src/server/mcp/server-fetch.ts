import type { FetchLike } from '@modelcontextprotocol/client';
import { Agent, fetch as undiciFetch } from 'undici';
import type { HttpTransport } from '#protocol/mcp.ts';
import { guardedAgent, systemNetwork } from '#server/web/direct/guarded-agent.ts';
import { assertMayBeAsked, isLoopback } from './address.ts';

const connectMs = 10_000;

/** Whether nothing but public addresses may be asked on behalf of this server: the person gave no other for it. */
export function isPublicOnly({ url, allowPrivate }: Pick<HttpTransport, 'url' | 'allowPrivate'>): boolean {
  return !allowPrivate && !isLoopback(new URL(url).hostname);
}

/**
 * A fetch for what one server needs. Each address is checked when it is asked; a body is cut off with an error at its limit.
 * @param limits bytes of one answer, also of a stream of them; and, when given, how long one may take
 */
export function serverFetch(
  transport: Pick<HttpTransport, 'url' | 'allowPrivate'>,
  limits: { bytes: number; totalMs?: number },
): FetchLike {
  const dispatcher = isPublicOnly(transport)
    ? guardedAgent(systemNetwork(connectMs))
    : new Agent({ connect: { timeout: connectMs } });
  return async (url, init) => {
    assertMayBeAsked(new URL(url));
    const response = await undiciFetch(url, {
      ...(init as object),
      dispatcher,
      // Who follows a redirect does so knowingly, and within its origin.
      redirect: 'manual',
      ...(limits.totalMs === undefined ? {} : { signal: AbortSignal.timeout(limits.totalMs) }),
    });
    const body = response.body?.pipeThrough(bounded(limits.bytes));
    return new Response((body ?? null) as ReadableStream | null, {
      status: response.status,
      statusText: response.statusText,
      headers: [...response.headers],
    });
  };
}

function bounded(limit: number): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > limit) controller.error(new Error(`The answer is larger than ${limit} bytes.`));
      else controller.enqueue(chunk);
    },
  });
}
