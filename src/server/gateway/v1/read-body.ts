import type { IncomingMessage } from 'node:http';
import { CrosspointError } from '#protocol/errors.ts';

/** Bytes. Conversations with pictures are large; what is larger than this no provider takes either. */
export const maxBody = 32 * 1_048_576;

const tooLarge = () => new CrosspointError('too_large', { limit: '32 MB' });

/**
 * The body as it was sent. A sender that is too slow is cut off by the server's own deadline for a request.
 * @throws CrosspointError `too_large`, by the announced length or by what comes; `unsupported_media_type` for a compressed
 *   body or one that says it is no JSON
 */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  const { 'content-length': length, 'content-encoding': encoding, 'content-type': type } = request.headers;
  if (Number(length ?? 0) > maxBody) return Promise.reject(tooLarge());
  if ((encoding !== undefined && encoding !== 'identity') || (type !== undefined && !/\bjson\b/i.test(type)))
    return Promise.reject(new CrosspointError('unsupported_media_type'));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBody) {
        chunks.length = 0;
        request.removeAllListeners('data');
        request.resume();
        reject(tooLarge());
        return;
      }
      chunks.push(chunk);
    });
    request.once('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    request.once('error', reject);
  });
}
