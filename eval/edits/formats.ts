import type { Change } from '#server/edit/apply.ts';
import { parsePatch } from '#server/edit/formats/parse-patch.ts';
import type { Damaged } from './damages/damage.ts';
import { baseEditsOf, isUnique, type BaseEdit } from './pairs.ts';
import type { Random } from './random.ts';
import { sharedHunks } from './shared-lines.ts';

/** An edit in one of the forms in which models write it. */
export interface Written {
  changes: () => Change[];
  /** What the file has to be afterwards; null when the edit has to be refused. */
  expected: string | null;
}

export interface Format {
  name: string;
  /** It takes several changes that are near each other. */
  isJoined?: boolean;
  /** null where the damage is not one of this format. */
  write(base: BaseEdit, damaged: Damaged, random: Random): Written | null;
}

const text = (lines: readonly string[]) => lines.join('\n');

function asEdit({ oldLines, newLines, asWritten = (each) => each }: Damaged, end: string) {
  return { oldText: asWritten(text(oldLines) + end), newText: asWritten(text(newLines) + end) };
}

function hunkLines({ oldLines, newLines }: Damaged): string[] {
  const shorter = Math.min(oldLines.length, newLines.length);
  let head = 0;
  while (head < shorter && oldLines[head] === newLines[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && oldLines.at(-1 - tail) === newLines.at(-1 - tail)) tail += 1;
  const signed = (sign: string, lines: readonly string[]) => lines.map((line) => sign + line);
  return [
    ...signed(' ', oldLines.slice(0, head)),
    ...signed('-', oldLines.slice(head, oldLines.length - tail)),
    ...signed('+', newLines.slice(head, newLines.length - tail)),
    ...signed(' ', oldLines.slice(oldLines.length - tail)),
  ];
}

function v4a(path: string, hunks: readonly (readonly string[])[], anchor: string | undefined): string {
  const head = `@@${anchor === undefined ? '' : ` ${anchor}`}`;
  const lines = hunks.flatMap((hunk) => [head, ...hunk]);
  return text(['*** Begin Patch', `*** Update File: ${path}`, ...lines, '*** End Patch']);
}

/** With line numbers and counts as models write them: near, and often wrong. */
function unified(path: string, damaged: Damaged, at: number, random: Random): string {
  const [first, count] = [at + 1 + random.below(9), damaged.oldLines.length + random.below(3)];
  const range = `@@ -${first},${count} +${first},${damaged.newLines.length} @@`;
  return unifiedOf(path, [[range, ...hunkLines(damaged)]]);
}

function unifiedOf(path: string, hunks: readonly (readonly string[])[]): string {
  return text([`--- a/${path}`, `+++ b/${path}`, ...hunks.flat(), '']);
}

function blocks({ oldLines, newLines }: Damaged): string {
  return text(['<<<<<<< SEARCH', ...oldLines, '=======', ...newLines, '>>>>>>> REPLACE']);
}

function patchFormat(
  name: string,
  write: (base: BaseEdit, damaged: Damaged, random: Random) => string | null,
): Format {
  return {
    name,
    write(base, damaged, random) {
      if (damaged.asWritten) return null;
      const patch = write(base, damaged, random);
      return patch === null
        ? null
        : { changes: () => parsePatch(base.pair.path, patch), expected: damaged.expected };
    },
  };
}

/** Lines between two edits of one call, also when they are quoted with more around them. */
const farEnough = 8;

/** Together with another edit of the same file, which is as it is, before or after it in the call. */
function several(base: BaseEdit, damaged: Damaged, random: Random): Written | null {
  const others = baseEditsOf(base.pair).filter(
    ({ at, oldLines }) =>
      at + oldLines.length < base.at - farEnough || at > base.at + base.oldLines.length + farEnough,
  );
  const other = random.pick(others);
  if (!other || damaged.before.includes('\r')) return null;
  const [oldText, newText] = [text(other.oldLines), text(other.newLines)];
  if (!isUnique(damaged.before, other.oldLines) || damaged.before.includes(newText)) return null;
  const { expected } = damaged;
  if (expected !== null && !isUnique(expected, other.oldLines)) return null;
  const both = [asEdit(damaged, ''), { oldText, newText }];
  return {
    changes: () => (random.below(2) ? both : both.toReversed()),
    expected: expected?.replace(oldText, () => newText) ?? null,
  };
}

export const formats: Format[] = [
  {
    name: 'edit',
    write: (_base, damaged) => ({ changes: () => [asEdit(damaged, '')], expected: damaged.expected }),
  },
  {
    name: 'edit, whole lines',
    write: (_base, damaged) => ({ changes: () => [asEdit(damaged, '\n')], expected: damaged.expected }),
  },
  { name: 'several edits', write: several },
  patchFormat('V4A patch', ({ pair }, damaged) => v4a(pair.path, [hunkLines(damaged)], damaged.anchor)),
  patchFormat('unified diff', ({ pair, at }, damaged, random) => unified(pair.path, damaged, at, random)),
  patchFormat('search blocks', (_base, damaged) => blocks(damaged)),
  {
    isJoined: true,
    ...patchFormat('V4A, shared', (base, damaged, random) => {
      const hunks = sharedHunks(base, damaged, random);
      return (
        hunks &&
        v4a(
          base.pair.path,
          hunks.map(({ lines }) => lines),
          damaged.anchor,
        )
      );
    }),
  },
  {
    isJoined: true,
    ...patchFormat('unified, shared', (base, damaged, random) => {
      const hunks = sharedHunks(base, damaged, random);
      return (
        hunks &&
        unifiedOf(
          base.pair.path,
          hunks.map(({ from, lines }) => [`@@ -${base.at + from + 1} +${base.at + from + 1} @@`, ...lines]),
        )
      );
    }),
  },
];
