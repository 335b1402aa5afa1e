import type { Candidate } from '../types.ts';
import type { QueryView } from './query-view.ts';

const testPath =
  /(?:^|\/)(?:tests?|__tests__|testing|specs?|examples?|bench(?:es|marks?)?|fixtures?)(?:\/|$)|[._-](?:test|spec)\.|(?:^|\/)test_/;

type KindFeature =
  | 'isPublic'
  | 'isClass'
  | 'isType'
  | 'isText'
  | 'isConstant'
  | 'isTest'
  | 'isPrivate'
  | 'isConstructor'
  | 'length'
  | 'depth';

/** What kind of place it is. @param terms of its text */
export function kindFeatures(
  query: QueryView,
  { kind, symbol, signature, path }: Candidate,
  terms: number,
): Record<KindFeature, number> {
  const is = (...kinds: Candidate['kind'][]) => (!query.asksForType && kinds.includes(kind) ? 1 : 0);
  return {
    isClass: is('class'),
    isType: is('type'),
    isText: is('module', 'section', 'text'),
    isConstant: is('constant'),
    isTest: testPath.test(path) ? 1 : 0,
    isPublic: /^\s*(?:pub|export|public)\b/.test(signature) ? 1 : 0,
    isPrivate: /^[_#]/.test(symbol) ? 1 : 0,
    isConstructor: /^(?:constructor|__init__|new)$/.test(symbol) ? 1 : 0,
    length: Math.log(1 + terms) / 10,
    depth: Math.min(10, path.split('/').length) / 10,
  };
}
