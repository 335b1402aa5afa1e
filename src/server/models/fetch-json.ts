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
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop early cancels the rest of the body.
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new Error(`${new URL(url).host} answered with more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
