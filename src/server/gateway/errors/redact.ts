/** Shapes of keys of the providers that are known here, and whatever is sent as a bearer token. */
const keyShapes = [
  /\b(?:sk|pk|rk|gsk|xai|hf|r8|key|api)[-_][A-Za-z0-9_*-]{8,}/g,
  /\bAIza[A-Za-z0-9_-]{20,}/g,
  /\bBearer\s+[^\s"',]+/gi,
  /\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_.-]+/g,
];

const mask = '[redacted]';

/** Removes known secrets, in plain, base64, URL and JSON form, and everything that has the shape of a key (rule T4, I9). */
export function redact(text: string, secrets: readonly (string | null)[]): string {
  let clean = text;
  for (const secret of secrets) {
    // A very short "secret" is a placeholder such as `x`, and would spoil every sentence.
    if (!secret || secret.length < 6) continue;
    const inJson = JSON.stringify(secret).slice(1, -1);
    const forms = [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret), inJson];
    for (const form of forms) clean = clean.replaceAll(form, mask);
  }
  for (const shape of keyShapes) clean = clean.replace(shape, mask);
  return clean;
}

/** One line of at most 300 characters for a sentence or the log. */
export function shortDetail(text: string, secrets: readonly (string | null)[]): string {
  // An error body is untrusted: no control character may reach a terminal.
  const line = redact(text, secrets)
    .replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
