/** The framing of git's transfer protocols (gitprotocol-common(5)): four hex digits of length, then that many bytes less four. */

export const flush = Buffer.from('0000');

export function pktLine(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from((bytes.byteLength + 4).toString(16).padStart(4, '0')), bytes]);
}

/**
 * @returns the content of each line; null for a flush
 * @throws Error for what is no such framing
 */
export function readPktLines(bytes: Uint8Array): (Buffer | null)[] {
  const lines: (Buffer | null)[] = [];
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < whole.byteLength;) {
    const head = whole.toString('latin1', at, at + 4);
    const length = /^[0-9a-f]{4}$/i.test(head) ? Number.parseInt(head, 16) : Number.NaN;
    if (length === 0) {
      lines.push(null);
      at += 4;
    } else if (length >= 4 && at + length <= whole.byteLength) {
      lines.push(whole.subarray(at + 4, at + length));
      at += length;
    } else throw new Error('The answer is not in the framing of git.');
  }
  return lines;
}
