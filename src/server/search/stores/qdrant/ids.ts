import { createHash } from 'node:crypto';

/** Ours, made at random once: ids of the same names differ from those of every other program. */
const namespace = Buffer.from('5f0d9f0c2b6e4c1f9d6a7e8b3c2d1a40', 'hex');

/** A UUID of version 5 (RFC 9562, section 5.5) of names that may hold every character. */
export function pointId(...names: readonly (string | number)[]): string {
  // As JSON: no two lists of names give the same text.
  const bytes = createHash('sha1').update(namespace).update(JSON.stringify(names)).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
