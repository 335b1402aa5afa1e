import type { Candidate, Candidates } from '../types.ts';
import { withoutExtension } from '../terms/fields.ts';
import { bodyOf, type Body } from './body.ts';
import { saturated } from './field-match.ts';
import { kindFeatures } from './kind-features.ts';
import { Names } from './names.ts';
import { othersOf, otherFeatures } from './other-features.ts';
import { QueryView } from './query-view.ts';
import { areRelated } from './related-words.ts';
import { Translation } from './translation.ts';
import { translationFeatures } from './translation-features.ts';
import type { Feature } from './weights.ts';

/** Mean numbers of terms, over the development packages of the evaluation: BM25's measure of a long field. */
const meanLengths = { symbol: 3, parent: 2, path: 8, signature: 15, body: 90 };
type CountedField = Exclude<keyof typeof meanLengths, 'body'>;

/** A candidate as the ranking looks at it. */
interface View {
  symbolParts: string[];
  parentParts: string[];
  counts: Record<CountedField, Map<string, number>>;
  body: Body;
}

/** What the ranking knows of each candidate for a query, mostly from 0 to 1; in the order of `found`. */
export function featuresOf(text: string, { found, rarity }: Candidates): Record<Feature, number>[] {
  const query = new QueryView(text, rarity);
  const top = Math.max(Number.MIN_VALUE, ...found.map(({ score }) => score));
  const others = othersOf(found);
  const names = new Names();
  const translation = new Translation(query.content, rarity);
  return found.map((candidate) => {
    const view = viewOf(candidate, names, query);
    return {
      score: candidate.score / top,
      ...nameFeatures(query, view),
      ...coverFeatures(query, view),
      ...translationFeatures(query, translation, names, candidate),
      ...kindFeatures(query, candidate, view.body.length),
      ...otherFeatures(candidate, others, top),
    };
  });
}

function viewOf({ symbol, parent, path, signature, terms }: Candidate, names: Names, query: QueryView): View {
  const file = withoutExtension(path);
  return {
    symbolParts: names.stems(symbol),
    parentParts: [...new Set(names.stems(parent))],
    counts: {
      symbol: names.counts(symbol),
      parent: names.counts(parent),
      path: names.counts(file),
      signature: names.counts(signature),
    },
    body: bodyOf(terms, query),
  };
}

type NameFeature =
  'symbolParts' | 'symbolSpoken' | 'symbolExtra' | 'firstWord' | 'lastWord' | 'bodyPair' | 'parentPrecision';

function nameFeatures(
  query: QueryView,
  { symbolParts, parentParts, body }: View,
): Record<NameFeature, number> {
  const distinct = [...new Set(symbolParts)];
  const count = distinct.length || 1;
  const named = distinct.filter((part) => query.has(part)).length;
  const spoken = distinct.filter((part) => query.speaksOf(part)).length;
  const [first = '', second = query.content[0] ?? ''] = [symbolParts[0], query.content[0]];
  const last = symbolParts.at(-1);
  return {
    symbolParts: Math.min(6, symbolParts.length) / 6,
    symbolSpoken: (named + 0.8 * (spoken - named)) / count,
    symbolExtra: Math.min(5, distinct.length - named) / 5,
    firstWord: first === '' || second === '' ? 0 : first === second ? 1 : areRelated(second, first) ? 0.7 : 0,
    lastWord: last !== undefined && query.speaksOf(last) ? 1 : 0,
    bodyPair: Math.min(3, body.pairs) / 3,
    parentPrecision: parentParts.length
      ? parentParts.filter((part) => query.has(part)).length / parentParts.length
      : 0,
  };
}

type CoverFeature =
  | 'symbolCover'
  | 'symbolCoverSoft'
  | 'symbolCoverEarly'
  | 'parentCover'
  | 'signatureCover'
  | 'coverSoft'
  | 'symbolMatch'
  | 'parentMatch'
  | 'pathMatch'
  | 'signatureMatch'
  | 'bodyMatch';

/** How much of the query stands where, each term by how rare it is; `…Match` by the saturation and length of BM25. */
function coverFeatures(query: QueryView, view: View): Record<CoverFeature, number> {
  const { symbol, parent, path, signature } = view.counts;
  const soft = relatedTerms(query, new Set(view.symbolParts));
  const softSignature = relatedTerms(query, signature.keys());
  const isIn = query.terms.map((term, position) => ({
    symbol: symbol.has(term),
    parent: parent.has(term),
    path: path.has(term),
    signature: signature.has(term),
    body: view.body.counts[position]! > 0,
  }));
  const share = (isThere: (position: number) => boolean, weights = query.rarity, total = query.total) =>
    weights.reduce((sum, weight, position) => (isThere(position) ? sum + weight : sum), 0) / total;
  const anywhere = (at: number) => {
    const each = isIn[at]!;
    return each.symbol || each.parent || each.path || each.signature || each.body;
  };
  const anyhow = (at: number) => soft.has(at) || softSignature.has(at) || anywhere(at);
  return {
    symbolCover: share((at) => isIn[at]!.symbol),
    symbolCoverSoft: share((at) => soft.has(at) || isIn[at]!.symbol),
    symbolCoverEarly: share((at) => isIn[at]!.symbol, query.early, query.earlyTotal),
    parentCover: share((at) => isIn[at]!.parent),
    signatureCover: share((at) => isIn[at]!.signature),
    coverSoft: share(anyhow),
    symbolMatch: match(query, symbol, meanLengths.symbol),
    parentMatch: match(query, parent, meanLengths.parent),
    pathMatch: match(query, path, meanLengths.path),
    signatureMatch: match(query, signature, meanLengths.signature),
    bodyMatch: saturated(
      query,
      (_, position) => view.body.counts[position]!,
      view.body.length / meanLengths.body,
    ),
  };
}

function relatedTerms(query: QueryView, stems: Iterable<string>): Set<number> {
  const positions = new Set<number>();
  for (const stem of stems) for (const position of query.relatedTerms(stem)) positions.add(position);
  return positions;
}

function match(query: QueryView, counts: Map<string, number>, meanLength: number): number {
  let length = 0;
  for (const count of counts.values()) length += count;
  return saturated(query, (term) => counts.get(term) ?? 0, length / meanLength);
}
