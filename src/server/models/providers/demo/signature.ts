import { createHash } from 'node:crypto';

/** Stands for Anthropic's signature of a thinking block: it fits one text and one model, and nobody else makes it. */
export function signatureOf(model: string, thinking: string): string {
  return createHash('sha256').update(`crosspoint demo\n${model}\n${thinking}`).digest('base64');
}
