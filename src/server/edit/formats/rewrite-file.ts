import { FileText } from '../file-text.ts';

/**
 * A whole file as a model wrote it, in the place of `before`: with its byte order mark, with each line that stays under its own
 * line end, and with a final line end if it had one. A model sees none of them.
 */
export function rewriteFile(before: string, content: string): string {
  const file = new FileText(before);
  if (!file.lines.length) return content;
  const written = file.normalise(content.startsWith('\uFEFF') ? content.slice(1) : content);
  const isCut = file.endsInLineEnd && written !== '' && !written.endsWith('\n');
  return file.bom + file.withLineEnds(0, file.text.length, isCut ? `${written}\n` : written);
}
