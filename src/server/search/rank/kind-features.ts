import type { Candidate } from '../types.ts';
import type { QueryView } from './query-view.ts';

const testPath =
  /(?:^|\/)(?:tests?|__tests__|testing|specs?|examples?|bench(?:es|marks?)?|fixtures?)(?:\/|$)|[._-](?:test|spec)\.|(?:^|\/)test_/;

type KindFeature =
  | 'isFunction'
  | 'isClass'
  | 'isType'
  | 'isText'
  | 'isConstant'
  | 'isTest'
  | 'isPrivate'
  | 'isConstructor'
  | 'isSpecial'
  | 'length'
  | 'lengthSquared'
  | 'depth';

/** What kind of place it is. @param terms of its text */
export function kindFeatures(
  query: QueryView,
  { kind, symbol, path }: Candidate,
  terms: number,
): Record<KindFeature, number> {
  const is = (...kinds: Candidate['kind'][]) => (!query.asksForType && kinds.includes(kind) ? 1 : 0);
  const length = Math.log(1 + terms) / 10;
  return {
    isFunction: is('function', 'method'),
    isClass: is('class'),
    isType: is('type'),
    isText: is('module', 'section', 'text'),
    isConstant: is('constant'),
    isTest: testPath.test(path) ? 1 : 0,
    isPrivate: /^[_#]/.test(symbol) ? 1 : 0,
    isConstructor: /^(?:constructor|__init__|new)$/.test(symbol) ? 1 : 0,
    isSpecial: symbol.startsWith('__') ? 1 : 0,
    length,
    lengthSquared: length * length,
    depth: Math.min(10, path.split('/').length) / 10,
  };
}
