import { setTimeout as sleep } from 'node:timers/promises';

/** A text as a stream brings it: a few words at a time. */
export function wordPieces(text: string): string[] {
  return text.match(/(?:\S+\s*){1,3}/g) ?? (text ? [text] : []);
}

/** JSON text as a stream brings it: cut anywhere. */
export function jsonPieces(json: string): string[] {
  return json.match(/[\s\S]{1,32}/gu) ?? [];
}

/** The events as bytes, with a pause after each. An abort ends it at once. */
export async function* paced(
  events: Iterable<string>,
  pauseMs: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const event of events) {
    signal.throwIfAborted();
    yield encoder.encode(event);
    if (pauseMs > 0) await sleep(pauseMs, undefined, { signal });
  }
}

/** Four characters a token, as a rule of thumb: the demo has no tokenizer, and costs nothing. */
export function roughTokens(text: string): number {
  return Math.ceil(text.length / 4);
}
