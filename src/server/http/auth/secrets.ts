import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 32 random bytes as 43 characters of base64url: for session ids and login keys. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

export const secretPattern = /^[A-Za-z0-9_-]{43}$/;

/** SHA-256, hex. What is stored is always this: a copy of the database lets nobody in. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Compares hashes, so that neither the content nor the length of a guess changes the time it takes. */
export function sameSecret(left: string, right: string): boolean {
  return timingSafeEqual(
    createHash('sha256').update(left).digest(),
    createHash('sha256').update(right).digest(),
  );
}
