import { applyChanges, EditRefusal } from '#server/edit/apply.ts';
import { characterDamages } from './damages/characters.ts';
import { nearMissDamages } from './damages/near-misses.ts';
import { negativeDamages } from './damages/negatives.ts';
import { whitespaceDamages } from './damages/whitespace.ts';
import { formats, type Written } from './formats.ts';
import { baseEditsOf, readPairs } from './pairs.ts';
import { Random } from './random.ts';
import { joinedEditsOf } from './shared-lines.ts';

export type Outcome = 'exact' | 'refused' | 'wrong';

export interface Case {
  format: string;
  damage: string;
  path: string;
  /** There is a right result; otherwise the edit has to be refused. */
  hasResult: boolean;
  outcome: Outcome;
  /** For those that are not as they should be. */
  detail?: { before: string; expected: string | null; result: string; written: string };
}

const damages = [...whitespaceDamages, ...characterDamages, ...negativeDamages, ...nearMissDamages];

/**
 * Every damage in every format on `perKind` changes that people made to real files, evenly taken from all of them.
 * @returns one case for each that the damage can be done to
 */
export function* runCases(perKind: number): Generator<Case> {
  const all = readPairs();
  const [single, joined] = [all.flatMap(baseEditsOf), all.flatMap(joinedEditsOf)];
  for (const [damageIndex, damage] of damages.entries())
    for (const [formatIndex, format] of formats.entries()) {
      const random = new Random(damageIndex * 100 + formatIndex);
      const bases = format.isJoined ? joined : single;
      let count = 0;
      for (let tried = 0; tried < perKind * 6 && count < perKind; tried += 1) {
        const base = bases[random.below(bases.length)];
        const damaged = base && damage.apply(base, random);
        if (!damaged || (damaged.overlap && !format.isJoined)) continue;
        const written = format.write(base, damaged, random);
        if (!written) continue;
        count += 1;
        yield judged(damaged.before, written, {
          format: format.name,
          damage: damage.name,
          path: base.pair.path,
        });
      }
    }
}

function judged(
  before: string,
  { changes, expected }: Written,
  names: Pick<Case, 'format' | 'damage' | 'path'>,
): Case {
  const list: string[] = [];
  const result = resultOf(names.path, before, () => {
    const made = changes();
    list.push(JSON.stringify(made));
    return made;
  });
  const hasResult = expected !== null;
  if (result instanceof EditRefusal)
    return {
      ...names,
      hasResult,
      outcome: 'refused',
      ...(hasResult ? { detail: { before, expected, result: result.message, written: list.join() } } : {}),
    };
  if (result === expected) return { ...names, hasResult, outcome: 'exact' };
  return {
    ...names,
    hasResult,
    outcome: 'wrong',
    detail: { before, expected, result, written: list.join() },
  };
}

function resultOf(
  path: string,
  before: string,
  changes: () => Parameters<typeof applyChanges>[2],
): string | EditRefusal {
  try {
    return applyChanges(path, before, changes()).text;
  } catch (cause) {
    if (cause instanceof EditRefusal) return cause;
    throw cause;
  }
}
