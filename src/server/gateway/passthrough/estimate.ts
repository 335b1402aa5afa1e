import { estimateTokens, tokensPerPicture } from '../ledger/estimate.ts';

/** Characters of base64 without a break that are a picture or a file, not words. */
const encoded = /[A-Za-z0-9+/=_-]{4000,}/g;

/** Tokens of a request in whatever wire, from its bytes alone. Only for attempts whose provider reported none. */
export function estimateBody(body: Buffer): number {
  // Few requests have any, and looking for them takes longer than everything else here.
  if (!body.includes('base64')) return estimateTokens(body.length);
  const text = body.toString('latin1');
  let [characters, pictures] = [text.length, 0];
  for (const [found] of text.matchAll(encoded)) {
    characters -= found.length;
    pictures += 1;
  }
  return estimateTokens(characters) + pictures * tokensPerPicture;
}
