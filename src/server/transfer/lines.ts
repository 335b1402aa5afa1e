import { Buffer } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { TransferError } from './transfer-error.ts';

export interface Line {
  number: number;
  text: string;
}

/** A message with a few large images fits; what is longer is no conversation. */
export const maxLineBytes = 64 * 1024 * 1024;

const newline = 0x0a;

/**
 * The lines of a UTF-8 file that are not blank, one at a time: memory is that of the longest line, not of the file.
 * @throws TransferError when it cannot be read, is not UTF-8, or has a line that is too long
 */
export async function* readLines(path: string, maxBytes = maxLineBytes): AsyncGenerator<Line> {
  let number = 0;
  for await (const bytes of splitLines(path, maxBytes)) {
    number += 1;
    const text = decode(bytes, number);
    if (text.trim() !== '') yield { number, text };
  }
}

async function* splitLines(path: string, maxBytes: number): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let size = 0;
  let count = 0;
  for await (const chunk of chunksOf(path)) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      yield Buffer.concat([...pieces, chunk.subarray(from, end)]);
      [pieces, size, from] = [[], 0, end + 1];
      count += 1;
    }
    pieces.push(chunk.subarray(from));
    size += chunk.length - from;
    if (size > maxBytes)
      throw new TransferError(`it is longer than ${Math.floor(maxBytes / 1024 ** 2)} MB.`, count + 1);
  }
  yield Buffer.concat(pieces);
}

async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path) as AsyncIterable<Buffer>;
  } catch (cause) {
    if (!(cause instanceof Error) || !('code' in cause)) throw cause;
    throw new TransferError(`${path} cannot be read: ${cause.message}`);
  }
}

/** A byte order mark is no part of the text: the decoder takes it away. */
function decode(bytes: Buffer, number: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    if (cause instanceof TypeError) throw new TransferError('it is not UTF-8 text.', number);
    throw cause;
  }
}
