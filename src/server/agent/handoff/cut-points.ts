import type { Message, ToolResultPart } from '#protocol/message.ts';
import { callsOf } from './tool-results.ts';

export interface CutPoints {
  /** Places at which a turn begins, ascending: what is before can be left out. */
  turns: number[];
  /** Places within the last turn, between two exchanges; its last exchange stays. */
  steps: number[];
  /** After everything, where that is allowed: what was answered stays unsaid in the tail. */
  end: number | null;
}

/**
 * Where a conversation can be cut: never between a call and its result, and never after a call that is not answered yet.
 */
export function cutPoints(transcript: readonly Message[]): CutPoints {
  const blocked = insideExchanges(transcript);
  const free = (at: number) => at > 0 && !blocked[at];
  const lastTurn = transcript.findLastIndex(({ role }) => role === 'user');
  const lastAnswer = transcript.findLastIndex(({ role }) => role === 'assistant');
  const turns: number[] = [];
  const steps: number[] = [];
  for (const [at, { role }] of transcript.entries()) {
    if (!free(at)) continue;
    if (role === 'user' && at <= lastTurn) turns.push(at);
    else if (at > lastTurn && at <= lastAnswer) steps.push(at);
  }
  const all = transcript.length;
  // The newest words are shown in any case: to leave them out as well would only say them twice.
  return { turns, steps, end: free(all) && lastTurn < all - 1 ? all : null };
}

/** 1 at each place that a cut would tear something apart. */
function insideExchanges(transcript: readonly Message[]): Uint8Array {
  const blocked = new Uint8Array(transcript.length + 1);
  const open = new Map<string, number[]>();
  let latest = -1;
  for (const [at, message] of transcript.entries()) {
    if (message.role !== 'tool') latest = at;
    for (const { toolCallId } of callsOf(message))
      open.set(toolCallId, [...(open.get(toolCallId) ?? []), at]);
    if (message.role !== 'tool') continue;
    for (const { toolCallId } of message.parts as ToolResultPart[]) {
      const places = open.get(toolCallId) ?? [];
      // The same id can come twice: a result directly after its call is of that one.
      const call = places.at(-1) === latest ? places.pop() : places.shift();
      if (call !== undefined) blocked.fill(1, call + 1, at + 1);
    }
  }
  // Calls that were left open by an older turn are answered as lost; those of the last message are still to be answered.
  if ([...open.values()].some((places) => places.includes(latest))) blocked.fill(1, latest + 1);
  return blocked;
}
