import type { Candidate } from '../types.ts';
import { withoutExtension } from '../terms/fields.ts';
import type { Names } from './names.ts';
import type { QueryView } from './query-view.ts';
import type { Translation } from './translation.ts';

/** Words at the end of a path that say what is in the file. */
const pathWords = 4;
/** TypeScript, Rust and Python say it behind, C and Java before. */
const yieldsBoolean = /(?:->|\)\s*:)\s*bool(?:ean)?\b|^(?:\w+\s+)*bool(?:ean)?\s+\w+\s*\(|\)\s*bool\s*$/;
const namesBoolean =
  /^(?:is|has|can|should|are|was|contains|includes|matches|equals|any|all|every|some)(?![a-z])/;
const namesMaker = /^(?:new|create|make|build|from|with|constructor|__init__|init|of|open|default)(?![a-z])/i;

export type TranslationFeature =
  | 'symbolSaid'
  | 'signatureSaid'
  | 'parentSaid'
  | 'anySaid'
  | 'symbolSaidCover'
  | 'anySaidCover'
  | 'isAskedBoolean'
  | 'isOddBoolean'
  | 'isMaker';

/** How well a candidate's names account for what was said. */
export function translationFeatures(
  query: QueryView,
  translation: Translation,
  names: Names,
  { symbol, signature, parent, path }: Candidate,
): Record<TranslationFeature, number> {
  const ofSymbol = translation.row(names.stems(symbol));
  const ofSignature = translation.row(names.stems(signature));
  const ofParent = translation.row(names.stems(parent));
  const ofPath = translation.row(names.stems(withoutExtension(path)).slice(-pathWords));
  const any = translation.best(ofSymbol, ofSignature, ofParent, ofPath);
  const parentSaid = translation.likelihood(ofParent);
  const isBoolean = namesBoolean.test(symbol) || yieldsBoolean.test(signature) ? 1 : 0;
  return {
    symbolSaid: translation.likelihood(ofSymbol),
    signatureSaid: translation.likelihood(ofSignature),
    parentSaid,
    anySaid: translation.likelihood(any),
    symbolSaidCover: translation.cover(ofSymbol),
    anySaidCover: translation.cover(any),
    isAskedBoolean: query.asksForBoolean ? isBoolean : 0,
    isOddBoolean: query.asksForBoolean ? 0 : isBoolean,
    isMaker: query.asksForMaker && namesMaker.test(symbol) ? parentSaid : 0,
  };
}
