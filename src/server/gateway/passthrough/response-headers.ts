import type { IncomingHttpHeaders } from 'node:http';

/**
 * What a provider's client reads of an answer beside its body: ids for support, what is left of the provider's own limits.
 * Everything else stays here: cookies, names of organisations, what belongs to the connection.
 */
const passed =
  /^(?:request-id|x-request-id|openai-(?:processing-ms|version|model)|x-ratelimit-[\w-]+|anthropic-ratelimit-[\w-]+|x-groq-region)$/;

/** Headers of a provider's answer that its clients know. */
export function passedHeaders(headers: IncomingHttpHeaders): [string, string][] {
  const kept: [string, string][] = [];
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === 'string' && passed.test(name)) kept.push([name, value]);
  }
  return kept;
}

export function joinedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) joined[name] = Array.isArray(value) ? value.join(', ') : value;
  return joined;
}
