import { refuse, type Json } from './refusal.ts';

/** Half of a surrogate pair is no text: strict parsers refuse the whole body, Anthropic's with these words. */
export function refuseHalfPairs(body: Json): void {
  for (const [escape] of JSON.stringify(body).matchAll(/\\(?:u[0-9a-f]{4}|.)/g))
    if (escape.startsWith('\\ud')) refuse('The request body is not valid JSON: no low surrogate in string');
}
