import type { Candidate } from '../types.ts';

/** Between the candidates of one query: how well a file, a class and a name did as a whole. */
interface Others {
  ofFile: Map<string, number[]>;
  ofParent: Map<string, number[]>;
  ofSymbol: Map<string, number>;
}

type OtherFeature = 'fileBest' | 'fileCount' | 'parentBest' | 'sameName';

/** How well those did that stand in the same file or class, or have the same name. */
export function otherFeatures(
  candidate: Candidate,
  others: Others,
  top: number,
): Record<OtherFeature, number> {
  const ofFile = others.ofFile.get(candidate.path) ?? [];
  const ofParent = others.ofParent.get(parentKey(candidate)) ?? [];
  return {
    fileBest: bestOther(ofFile, candidate.score) / top,
    fileCount: Math.min(10, ofFile.length) / 10,
    parentBest: bestOther(ofParent, candidate.score) / top,
    sameName: Math.min(5, (others.ofSymbol.get(candidate.symbol.toLowerCase()) ?? 1) - 1) / 5,
  };
}

export function othersOf(found: readonly Candidate[]): Others {
  const others: Others = { ofFile: new Map(), ofParent: new Map(), ofSymbol: new Map() };
  const add = (map: Map<string, number[]>, key: string, score: number) => {
    const known = map.get(key);
    if (known) known.push(score);
    else map.set(key, [score]);
  };
  for (const candidate of found) {
    add(others.ofFile, candidate.path, candidate.score);
    add(others.ofParent, parentKey(candidate), candidate.score);
    const symbol = candidate.symbol.toLowerCase();
    others.ofSymbol.set(symbol, (others.ofSymbol.get(symbol) ?? 0) + 1);
  }
  return others;
}

function parentKey({ path, parent }: Candidate): string {
  return `${path}\n${parent}`;
}

/** @param scores best first, with `own` among them */
function bestOther(scores: readonly number[], own: number): number {
  return (scores[0] === own ? scores[1] : scores[0]) ?? 0;
}
