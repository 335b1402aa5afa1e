import { createHash } from 'node:crypto';

/** OpenAI: "Invalid 'user': string too long. Expected a string with maximum length 64." */
const maxLength = 64;

/** The client's own user as OpenAI takes it: a longer name becomes a digest, always the same one. */
export function endUserId(endUser: string): string {
  return endUser.length <= maxLength ? endUser : createHash('sha256').update(endUser).digest('hex');
}
