import type { FilePart, ImagePart } from '#protocol/message.ts';
import { malformed, unsupported } from './fields.ts';

const base64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

export function base64At(data: string, param: string): string {
  return base64.test(data) ? data : malformed(param, 'base64');
}

/** A data URL or an http(s) address. The address is passed on to providers that fetch images, and never fetched here. */
export function imageAt(url: string, param: string, detail?: string): ImagePart {
  const more = detail === undefined ? {} : { detail };
  const data = dataUrl(url);
  if (data) {
    if (!data.mediaType.startsWith('image/')) malformed(param, 'an image');
    return { type: 'image', mediaType: data.mediaType, data: base64At(data.data, param), ...more };
  }
  if (!isAddress(url)) malformed(param, 'a data URL or an http(s) address');
  return { type: 'image', mediaType: '', data: '', url, ...more };
}

const pdf = 'application/pdf';

/** Text goes in as text, a PDF as it is; what only some wires can read is refused instead of being left out. */
export function fileAt(name: string, mediaType: string, data: string, param: string): FilePart {
  const type = mediaType.toLowerCase();
  if (type === pdf) return { type: 'file', name, mediaType: pdf, data: base64At(data, param), asIs: true };
  if (!/^text\/|json|xml|yaml|javascript|typescript/.test(type))
    unsupported(
      param,
      `files of the type ${type || 'unknown'} reach only models of the same wire. Send its text, or a PDF.`,
    );
  return { type: 'file', name, mediaType: type, data: base64At(data, param) };
}

/** A PDF at an address, which providers fetch and nothing here. */
export function fileAtAddress(name: string, url: string, param: string): FilePart {
  if (!isAddress(url)) malformed(param, 'an http(s) address');
  return { type: 'file', name, mediaType: pdf, data: '', url, asIs: true };
}

function isAddress(url: string): boolean {
  return /^https?:\/\//i.test(url) && URL.canParse(url);
}

export function dataUrl(url: string): { mediaType: string; data: string } | null {
  const [, mediaType, data] = /^data:([^;,]+)(?:;[^;,]+)*;base64,(.*)$/is.exec(url) ?? [];
  return mediaType !== undefined && data !== undefined ? { mediaType: mediaType.toLowerCase(), data } : null;
}
