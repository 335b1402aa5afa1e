import { rewriteFile } from '#server/edit/formats/rewrite-file.ts';
import type { Case } from './cases.ts';
import type { Pair } from './pairs.ts';

/** A file and what it is afterwards when the model writes `after` of the pair as a whole, as it sees files. */
const damages: { name: string; file: (text: string) => string; written?: (text: string) => string }[] = [
  { name: 'as it is', file: (text) => text },
  { name: 'CRLF file', file: (text) => text.replaceAll('\n', '\r\n') },
  { name: 'byte order mark', file: (text) => `\uFEFF${text}` },
  { name: 'final line end lost', file: (text) => text, written: (text) => text.slice(0, -1) },
];

export function* wholeFileCases(pairs: readonly Pair[], perKind: number): Generator<Case> {
  const plain = pairs.filter(({ before, after }) => isPlain(before) && isPlain(after)).slice(0, perKind);
  for (const { name, file, written = (text: string) => text } of damages)
    for (const { path, before, after } of plain) {
      const [old, expected] = [file(before), file(after)];
      const result = rewriteFile(old, written(after));
      const names = { format: 'whole file', damage: name, path, hasResult: true };
      if (result === expected) yield { ...names, outcome: 'exact' };
      else
        yield {
          ...names,
          outcome: 'wrong',
          detail: { before: old, expected, result, written: written(after) },
        };
    }
}

function isPlain(text: string): boolean {
  return text.endsWith('\n') && !text.includes('\r') && !text.startsWith('\uFEFF');
}
