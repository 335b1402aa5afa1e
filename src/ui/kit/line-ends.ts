/** What ends the lines of a text: lines of more than one kind stay as they are, a `CR` being a sign of its own. */
export function lineEndOf(text: string): '\n' | '\r\n' {
  return text.includes('\r\n') && !/(^|[^\r])\n/.test(text) ? '\r\n' : '\n';
}
