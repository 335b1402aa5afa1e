import { WebError } from './web-error.ts';

/** Shorter ones are placeholders, and stand in ordinary words. */
const shortestSecret = 8;

/** Keys of those who are well known, by their shape: tokens of code hosts, clouds and model providers, and private keys. */
const keyShapes = [
  // With a digit and a capital: names of pages are written in small letters and dashes too.
  /\b(?:sk|gsk|xai|hf|r8|tvly|fc)[-_](?=[A-Za-z_-]*\d)(?=[a-z0-9_-]*[A-Z])[A-Za-z0-9_-]{20,}/,
  /\bgh[pousr]_[A-Za-z0-9]{30,}/,
  /\bgithub_pat_[A-Za-z0-9_]{30,}/,
  /\bglpat-[A-Za-z0-9_-]{20,}/,
  /\bnpm_[A-Za-z0-9]{30,}/,
  /\bxox[abprs]-[A-Za-z0-9-]{10,}/,
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/,
  /\bAIza[A-Za-z0-9_-]{30,}/,
  /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+/,
  /-----BEGIN [A-Z ]*PRIVATE KEY/,
];

/**
 * Refuses a query or an address that carries a secret of this server, in plain, in base64, hex or reversed, or anything
 * with the shape of a key. It is a last net: a model that wants to can write a secret in many other ways.
 * @throws {WebError} `refused`
 */
export function assertNoSecret(text: string, secrets: readonly (string | null)[]): void {
  const written = [text, decoded(text)];
  const known = secrets.filter((secret) => secret !== null && secret.length >= shortestSecret) as string[];
  const carries =
    written.some((one) => keyShapes.some((shape) => shape.test(one))) ||
    known.flatMap(formsOf).some((form) => written.some((one) => holds(one, form)));
  if (carries)
    throw new WebError(
      'refused',
      'This was not sent: it contains what looks like a secret. Never put keys or tokens into a query or an address.',
    );
}

/** Also where it is spread out, or in pieces that a program would put together. */
function holds(text: string, form: string): boolean {
  return together(text).includes(together(form));
}

/** Names of hosts lose their capitals, so capitals do not count. */
const together = (text: string) => text.replace(/[\s"'+,.]+/g, '').toLowerCase();

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const reversed = [...secret].reverse().join('');
  // The end of base64 depends on what follows, its beginning on what stands before.
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(shift === 0 ? 0 : shift + 1, -4),
  );
  const url = base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'));
  return [secret, hex, hex.toUpperCase(), reversed, ...base64, ...url].filter(
    (form) => form.length >= shortestSecret,
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    if (cause instanceof URIError) return text;
    throw cause;
  }
}
