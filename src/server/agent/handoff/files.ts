import { Buffer } from 'node:buffer';
import type { FilePart, TextPart, UserPart } from '#protocol/message.ts';
import type { Tally } from './report.ts';

/** The part of a text file that goes into a request; the record keeps the whole file. */
const maxCharacters = 100_000;

/** No wire takes every kind of file: text goes in as text with its name, anything else as a marker, unless it is to go as it is. */
export function projectFiles(parts: UserPart[], tally: Tally): UserPart[] {
  return parts.map((part) => (part.type === 'file' && !part.asIs ? projectFile(part, tally) : part));
}

function projectFile(file: FilePart, tally: Tally): TextPart {
  const text = fileText(file);
  if (text === null) {
    tally.converted('file', 'it is not text: the model gets a note that it is there');
    return {
      type: 'text',
      text: `[The file ${file.name} (${file.mediaType}) is attached here. It is not text.]`,
    };
  }
  const shown =
    text.length > maxCharacters
      ? `${text.slice(0, maxCharacters).toWellFormed()}\n[cut: ${text.length} characters in all]`
      : text;
  return { type: 'text', text: `<file name=${JSON.stringify(file.name)}>\n${shown}\n</file>` };
}

/** null when it is not text. */
export function fileText(file: FilePart): string | null {
  const bytes = Buffer.from(file.data, 'base64');
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    if (cause instanceof TypeError) return null;
    throw cause;
  }
}
