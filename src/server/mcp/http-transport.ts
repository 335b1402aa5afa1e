import { StreamableHTTPClientTransport, type FetchLike } from '@modelcontextprotocol/client';
import { Agent, fetch as undiciFetch } from 'undici';
import type { McpTransport } from '#protocol/mcp.ts';
import { assertMayBeAsked, isLoopback } from './address.ts';
import { guardedAgent, systemNetwork } from '#server/web/direct/guarded-agent.ts';

type HttpTransport = Extract<McpTransport, { type: 'http' }>;

const connectMs = 10_000;
/** Bytes of one answer, also of a stream of them. */
const answerBytes = 16 * 1024 * 1024;

/**
 * Asks one server, at the address that the person gave and at no other: a redirect to elsewhere is refused, and unless they
 * said so no name may lead into a private network, whatever it resolves to at the time.
 * @param secretOf the value of a variable; null: it is not set
 * @throws `mcp_address_refused`
 */
export function httpTransport(
  { url, bearerVariable, headers, allowPrivate }: HttpTransport,
  secretOf: (variable: string) => string | null,
): StreamableHTTPClientTransport {
  const address = new URL(url);
  assertMayBeAsked(address);
  const guarded = !allowPrivate && !isLoopback(address.hostname);
  const agent = guarded
    ? guardedAgent(systemNetwork(connectMs))
    : new Agent({ connect: { timeout: connectMs } });
  const named = headers.flatMap(({ name, variable }) => pair(name, secretOf(variable)));
  const bearer = bearerVariable === null ? null : secretOf(bearerVariable);
  return new StreamableHTTPClientTransport(address, {
    fetch: boundedFetch(agent),
    requestInit: {
      headers: Object.fromEntries([...named, ...pair('Authorization', bearer && `Bearer ${bearer}`)]),
    },
    redirectPolicy: 'same-origin',
    reconnectionOptions: {
      initialReconnectionDelay: 1_000,
      maxReconnectionDelay: 10_000,
      reconnectionDelayGrowFactor: 2,
      maxRetries: 2,
    },
  });
}

function pair(name: string, value: string | null): [string, string][] {
  return value ? [[name, value]] : [];
}

function boundedFetch(dispatcher: Agent): FetchLike {
  return async (url, init) => {
    const response = await undiciFetch(url, { ...(init as object), dispatcher });
    const body = response.body?.pipeThrough(bounded());
    return new Response((body ?? null) as ReadableStream | null, {
      status: response.status,
      statusText: response.statusText,
      headers: [...response.headers],
    });
  };
}

function bounded(): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > answerBytes) controller.error(new Error(`The answer is larger than ${answerBytes} bytes.`));
      else controller.enqueue(chunk);
    },
  });
}
