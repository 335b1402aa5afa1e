import { hash, randomBytes } from 'node:crypto';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 62^43 is more than 2^256. */
const digits = 43;

export const keyPattern = /^cp-[0-9A-Za-z]{43}$/;

/** A new key: `cp-` and 32 random bytes in base62. It is shown once; what is stored is its hash. */
export function mintKey(): string {
  let rest = BigInt(`0x${randomBytes(32).toString('hex')}`);
  let text = '';
  for (let digit = 0; digit < digits; digit++) {
    text = alphabet[Number(rest % 62n)] + text;
    rest /= 62n;
  }
  return `cp-${text}`;
}

/** SHA-256, hex. Looking up the hash leaves nothing to be learnt from how long a wrong key takes. */
export function hashKey(secret: string): string {
  return hash('sha256', secret);
}

/** Enough to tell keys apart: four characters at each end, of 43. */
export function shownParts(secret: string): { prefix: string; last4: string } {
  return { prefix: secret.slice(0, 7), last4: secret.slice(-4) };
}
