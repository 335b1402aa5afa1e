import { errorFacts, type ErrorFacts } from './error-facts.ts';
import type { Target } from '../types.ts';

/** An error event inside a 200 stream, before it is known whose fault it is; the attempt makes the typed error of it. */
export class StreamError extends Error {
  readonly facts: ErrorFacts;

  constructor(facts: ErrorFacts, target: Target) {
    super(`${target.provider} sent an error in the stream`);
    this.name = 'StreamError';
    this.facts = facts;
  }
}

export function streamError(error: unknown, target: Target): StreamError {
  return new StreamError(errorFacts(error), target);
}
