import { Buffer } from 'node:buffer';
import type { ImagePart } from '#protocol/message.ts';

/** What the bytes of a picture say of it, whatever its record says. */
export interface ImageHeader {
  mediaType: string;
  /** The longer side in pixels. */
  side: number;
}

/** Camera data may stand before the frame of a JPEG. */
const readCharacters = 350_000;
const known = new WeakMap<ImagePart, { header: ImageHeader | null }>();

/** null where the bytes are of no kind that models see. */
export function imageHeader(image: ImagePart): ImageHeader | null {
  const before = known.get(image);
  if (before) return before.header;
  const header = read(Buffer.from(image.data.slice(0, readCharacters), 'base64'));
  known.set(image, { header });
  return header;
}

function read(bytes: Buffer): ImageHeader | null {
  if (bytes.length < 30) return null;
  if (bytes.readUInt32BE(0) === 0x89504e47)
    return { mediaType: 'image/png', side: Math.max(bytes.readUInt32BE(16), bytes.readUInt32BE(20)) };
  const start = bytes.toString('latin1', 0, 16);
  if (start.startsWith('GIF8'))
    return { mediaType: 'image/gif', side: Math.max(bytes.readUInt16LE(6), bytes.readUInt16LE(8)) };
  if (start.startsWith('RIFF') && start.slice(8, 12) === 'WEBP') return webp(bytes, start.slice(12, 16));
  return bytes.readUInt16BE(0) === 0xffd8 ? { mediaType: 'image/jpeg', side: jpegSide(bytes) } : null;
}

function webp(bytes: Buffer, chunk: string): ImageHeader {
  const sizes: Record<string, () => number[]> = {
    VP8X: () => [bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1],
    VP8L: () => [(bytes.readUInt32LE(21) & 0x3fff) + 1, ((bytes.readUInt32LE(21) >> 14) & 0x3fff) + 1],
    'VP8 ': () => [bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff],
  };
  return { mediaType: 'image/webp', side: Math.max(0, ...(sizes[chunk]?.() ?? [])) };
}

/** Of the start of the frame, after any other segments; 0 where it was not found. */
function jpegSide(bytes: Buffer): number {
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff; at += 2 + bytes.readUInt16BE(at + 2)) {
    const marker = bytes[at + 1] ?? 0;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return Math.max(bytes.readUInt16BE(at + 5), bytes.readUInt16BE(at + 7));
  }
  return 0;
}
