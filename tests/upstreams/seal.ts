import { createHmac } from 'node:crypto';

/**
 * Signatures and encrypted content, as a provider issues them: only the emulator can make one, it is bound to provider,
 * model and content, and it can be checked in another process. The secret is constant, so that a conversation outlives
 * a restart of the emulators.
 */
const secret = 'the emulators sign what they issue';

export function sign(provider: string, model: string, content: string): string {
  return createHmac('sha256', secret)
    .update(JSON.stringify([provider, model, content]))
    .digest('base64');
}

export function isSignedBy(signature: unknown, provider: string, model: string, content: string): boolean {
  return signature === sign(provider, model, content);
}

/** Content that only its issuer can read again. */
export function encrypt(provider: string, model: string, content: string): string {
  const hidden = Buffer.from(content).toString('base64url');
  return `gAAA${hidden}.${Buffer.from(sign(provider, model, content), 'base64').toString('base64url')}`;
}

/** @returns what was encrypted, or null when another model or provider did it */
export function decrypt(text: unknown, provider: string, model: string): string | null {
  if (typeof text !== 'string' || !text.startsWith('gAAA')) return null;
  const hidden = text.slice('gAAA'.length).split('.', 1)[0] ?? '';
  const content = Buffer.from(hidden, 'base64url').toString();
  return text === encrypt(provider, model, content) ? content : null;
}
