import type { Candidate, Candidates } from '../types.ts';
import { featuresOf } from './features.ts';
import { weights, type Feature } from './weights.ts';

const weighted = Object.entries(weights) as [Feature, number][];

/**
 * Puts what a store found in the order in which a person would look at it: by the store's score together with how names,
 * signatures, files and kinds fit the query. Pure: the same for every store, and for the same candidates always the same.
 * @param limit at most so many
 */
export function rank(text: string, candidates: Candidates, limit: number): Candidate[] {
  const features = featuresOf(text, candidates);
  return candidates.found
    .map((candidate, position) => ({ candidate, position, worth: worthOf(features[position]!) }))
    .sort((one, other) => other.worth - one.worth || one.position - other.position)
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

function worthOf(features: Record<Feature, number>): number {
  let worth = 0;
  for (const [feature, weight] of weighted) worth += weight * features[feature];
  return worth;
}
