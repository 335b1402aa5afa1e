/** How a text is written beside its lines: what a model that merges is not shown, and what it loses. */
export interface TextForm {
  /** With LF line ends, without a byte order mark. */
  plain: string;
  /** The merged text, with the byte order mark, the line ends and the end of the file. */
  restore(merged: string): string;
}

/** null for a text whose line ends differ among themselves: nobody could say which of them a merged line has. */
export function textForm(text: string): TextForm | null {
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  const body = text.slice(mark.length);
  const plain = body.replaceAll('\r\n', '\n');
  const isCrlf = body.includes('\r\n');
  if (plain.includes('\r') || (isCrlf && /(?:^|[^\r])\n/.test(body))) return null;
  const end = plain.slice(contentLength(plain));
  return {
    plain,
    restore(merged) {
      let lines = withoutMark(merged).replaceAll('\r\n', '\n');
      if (lines.startsWith('\n') && !plain.startsWith('\n')) lines = lines.slice(1);
      lines = lines.slice(0, contentLength(lines)) + end;
      return mark + (isCrlf ? lines.replaceAll('\n', '\r\n') : lines);
    },
  };
}

/** Up to the line ends with which it ends. A pattern would try each run of them. */
function contentLength(text: string): number {
  let length = text.length;
  while (length > 0 && text[length - 1] === '\n') length -= 1;
  return length;
}

function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}
