import assert from 'node:assert/strict';
import { CrosspointError } from '#protocol/errors.ts';
import type { RunAnswer } from '../types.ts';
import type { Workbench } from './workbench.ts';

/** Calls that a scripted model makes. */
export const write = (path: string, content: string) => ({ name: 'write_file', args: { path, content } });
export const command = (text: string) => ({ name: 'run_terminal_command', args: { command: text } });

export function response(answer: RunAnswer): string {
  assert.ok('response' in answer, 'the run ended with a review');
  return answer.response;
}

export function rejectsWith(work: Promise<unknown>, code: string): Promise<void> {
  return assert.rejects(work, (cause) => cause instanceof CrosspointError && cause.code === code);
}

/** Waits until the thread has an event of this type. */
export async function seen(bench: Workbench, threadId: string, type: string): Promise<void> {
  const stop = AbortSignal.timeout(60_000);
  for await (const event of bench.log.subscribe(threadId, 0, stop)) if (event.type === type) return;
  assert.fail(`no ${type} came`);
}
