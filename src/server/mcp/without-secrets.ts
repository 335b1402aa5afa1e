/** What another server said, without what it was sent. */
export function withoutSecrets(text: string, secrets: readonly (string | null | undefined)[]): string {
  return secrets.reduce<string>(
    (shown, secret) => (secret ? shown.replaceAll(secret, '[secret]') : shown),
    text,
  );
}
