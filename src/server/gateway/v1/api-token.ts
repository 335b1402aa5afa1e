import { hash, timingSafeEqual } from 'node:crypto';
import type { Caller, KeyDesk } from './types.ts';

/** The configured token as a key without limits. */
export function apiTokenDesk(token: string | null, userId: string): KeyDesk {
  const expected = token === null ? null : digest(token);
  const caller: Caller = {
    keyId: null,
    keyName: 'CROSSPOINT_API_TOKEN',
    userId,
    models: null,
    limits: {},
    budget: null,
  };
  return {
    // Digests are compared, so that neither the content nor the length of a guess changes the time it takes.
    identify: (secret) => (expected && timingSafeEqual(digest(secret), expected) ? caller : null),
  };
}

function digest(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}
