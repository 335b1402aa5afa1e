import type { Hunk } from '#protocol/workspace.ts';

/** The bytes of `after` with the lines of one hunk as they were in `before`. */
export function withoutHunk(before: Uint8Array, after: Uint8Array, hunk: Hunk): Uint8Array {
  const [old, young] = [linesOf(before), linesOf(after)];
  const { from, lines } = hunk.after;
  return Buffer.concat([
    ...young.slice(0, from),
    ...old.slice(hunk.before.from, hunk.before.from + hunk.before.lines),
    ...young.slice(from + lines),
  ]);
}

/** With their line ends; a last line may have none. */
function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.byteLength;) {
    const end = bytes.indexOf(10, start);
    const next = end === -1 ? bytes.byteLength : end + 1;
    lines.push(bytes.subarray(start, next));
    start = next;
  }
  return lines;
}
