import type { AnsweredCall } from './conversation.ts';

/** `lost`: it never ran, for a reason that is not a decision about it. */
export type Outcome = 'done' | 'failed' | 'rejected' | 'words' | 'other-model' | 'lost';

const saidInstead = 'The person did not run this call and says instead:\n';

/** How a call ended, from the sentences that every model reads in its result. */
export function outcomeOf({ result, failed }: AnsweredCall): Outcome {
  if (result.startsWith('The person rejected this call')) return 'rejected';
  if (result.startsWith(saidInstead)) return 'words';
  if (result.startsWith('This call was not run: the person changed the model')) return 'other-model';
  if (/It had no effect\b/.test(result.slice(0, 200))) return 'lost';
  return failed ? 'failed' : 'done';
}

/** A person's words or reason for a call that did not run; empty when there are none. */
export function wordsOf({ result }: AnsweredCall): string {
  if (result.startsWith(saidInstead)) return result.slice(saidInstead.length).trim();
  return (/Reason: ([\s\S]+)$/.exec(result)?.[1] ?? '').trim();
}

export function exitCodeOf({ result }: AnsweredCall): number | null {
  const code = /(?:^|\n)exit code (\d+)/.exec(result)?.[1];
  return code === undefined ? null : Number(code);
}

export function testsPassed(run: AnsweredCall): boolean {
  return !run.failed && exitCodeOf(run) === 0;
}
