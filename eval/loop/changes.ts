/** The difference of two texts as blocks of whole lines, each with enough lines around it to stand only once in `before`. */
export interface Block {
  oldText: string;
  newText: string;
  /** Lines of each side without what both have. */
  removed: string[];
  added: string[];
  /** Lines around, and where the block begins, from 1. */
  head: string[];
  tail: string[];
  startLine: number;
}

/** One block from the first line that differs to the last, widened until it is unique. */
export function blockOf(before: string, after: string): Block {
  const [left, right] = [before, after].map((text) => text.replaceAll('\r\n', '\n').split('\n')) as [
    string[],
    string[],
  ];
  let start = 0;
  while (start < left.length && left[start] === right[start]) start += 1;
  let end = 0;
  while (end < Math.min(left.length, right.length) - start && left.at(-1 - end) === right.at(-1 - end))
    end += 1;
  for (let context = 1; ; context += 1) {
    const from = Math.max(0, start - context);
    const until = Math.min(left.length - 1, left.length - end + context);
    const head = left.slice(from, start);
    const tail = left.slice(left.length - end, until);
    const removed = left.slice(start, left.length - end);
    const added = right.slice(start, right.length - end);
    const oldText = [...head, ...removed, ...tail].join('\n');
    const isUnique = left.join('\n').split(oldText).length === 2;
    if (isUnique || (from === 0 && until >= left.length - 1))
      return {
        oldText,
        newText: [...head, ...added, ...tail].join('\n'),
        removed,
        added,
        head,
        tail,
        startLine: from + 1,
      };
  }
}

/** As OpenAI's models write it. */
export function v4aPatch(path: string, { head, removed, added, tail }: Block): string {
  return [
    '*** Begin Patch',
    `*** Update File: ${path}`,
    '@@',
    ...hunkLines(head, removed, added, tail),
    '*** End Patch',
  ].join('\n');
}

/** As `diff -u` writes it. */
export function unifiedDiff(path: string, { head, removed, added, tail, startLine }: Block): string {
  const size = (lines: string[]) => head.length + lines.length + tail.length;
  const range = `@@ -${startLine},${size(removed)} +${startLine},${size(added)} @@`;
  return [`--- a/${path}`, `+++ b/${path}`, range, ...hunkLines(head, removed, added, tail), ''].join('\n');
}

function hunkLines(head: string[], removed: string[], added: string[], tail: string[]): string[] {
  return [
    ...head.map((line) => ` ${line}`),
    ...removed.map((line) => `-${line}`),
    ...added.map((line) => `+${line}`),
    ...tail.map((line) => ` ${line}`),
  ];
}
