import { CrosspointError } from '#protocol/errors.ts';
import type { Message, ToolResultPart } from '#protocol/message.ts';
import type { ThreadRow } from '#server/store/store.ts';
import { assertWithinBudget } from './budget.ts';
import { callsOf } from './handoff/tool-results.ts';
import type { AgentSetup } from './parts.ts';

/**
 * Whether one more request may be sent. Checked before every request, from the record alone, so that a restart or a
 * review in between changes nothing.
 * @param forkSeq of the thread's branch: what was done before it does not count for the new answer
 * @throws `step_limit`, `loop_detected`, `budget_reached`
 */
export async function assertMayContinue(
  setup: AgentSetup,
  thread: ThreadRow,
  transcript: readonly Message[],
  forkSeq = 0,
): Promise<void> {
  const turn = lastTurn(transcript, forkSeq);
  const steps = turn.filter((message) => message.role === 'assistant').length;
  if (steps >= setup.limits.steps) throw new CrosspointError('step_limit', { limit: setup.limits.steps });
  if (identicalFailures(turn) >= setup.limits.identicalFailures)
    throw new CrosspointError('loop_detected', { count: setup.limits.identicalFailures });
  await assertWithinBudget(setup, thread);
}

/** What the last user message set off; where it is answered again, what the new branch adds. */
function lastTurn(transcript: readonly Message[], forkSeq: number): readonly Message[] {
  const start = transcript.findLastIndex((message) => message.role === 'user' || message.seq <= forkSeq);
  return transcript.slice(Math.max(0, start)).filter((message) => message.seq > forkSeq);
}

/** How many times in a row, at the end, the same call with the same arguments failed. */
export function identicalFailures(turn: readonly Message[]): number {
  const calls = turn.flatMap(callsOf);
  const results = new Map(
    turn
      .flatMap((message) => message.parts)
      .filter((part): part is ToolResultPart => part.type === 'tool-result')
      .map((part) => [part.toolCallId, part.status]),
  );
  const last = calls.at(-1);
  if (!last) return 0;
  const other = calls.findLastIndex(
    (call) => call.name !== last.name || call.args !== last.args || results.get(call.toolCallId) !== 'error',
  );
  return calls.length - 1 - other;
}
