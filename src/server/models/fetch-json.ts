import { readCapped } from '#server/read-capped.ts';

export interface FetchLimits {
  signal: AbortSignal;
  timeoutMs: number;
  maxBytes: number;
  headers?: Record<string, string>;
  /** Sent as JSON with POST. */
  body?: object;
}

/**
 * JSON from a server that is not trusted to be quick, small or well-behaved. Throws on everything but a 2xx answer with
 * JSON inside the limits. Redirects are refused: a key must not follow one.
 */
export async function fetchJson(url: string, limits: FetchLimits): Promise<unknown> {
  const { signal, timeoutMs, maxBytes, headers, body } = limits;
  const response = await fetch(url, {
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    headers: { accept: 'application/json', 'user-agent': 'crosspoint', ...headers },
    ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
  });
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw new Error(`${new URL(url).host} answered ${response.status}`);
  }
  const bytes = await readCapped(response.body, maxBytes);
  if (bytes === null) throw new Error(`${new URL(url).host} answered with more than ${maxBytes} bytes`);
  return JSON.parse(bytes.toString('utf8'));
}
