const byteOrderMark = '\uFEFF';

/**
 * A whole new text in the form of the file that it replaces: its byte order mark and, where all its lines end with CRLF and the
 * new ones with LF, its line ends. No model sees either, so none means to change them; without this each line of such a
 * file would be changed.
 * @param before null: there is no file, or it is not text
 */
export function inFormOf(before: string | null, content: string): string {
  if (before === null || before === '') return content;
  const marked =
    before.startsWith(byteOrderMark) && !content.startsWith(byteOrderMark)
      ? byteOrderMark + content
      : content;
  const isCrLf = before.includes('\r\n') && !/(?<!\r)\n/.test(before);
  return isCrLf && !content.includes('\r') ? marked.replaceAll('\n', '\r\n') : marked;
}
