import type { Message, ToolCallPart, ToolResultPart } from '#protocol/message.ts';

/**
 * Every call is answered exactly once, directly after it, in the order of the calls; a result without a call is left out.
 *
 * Refusals this prevents:
 * - OpenAI: "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'."
 * - Anthropic: "`tool_use` ids were found without `tool_result` blocks immediately after", "unexpected `tool_use_id`"
 * - OpenAI Responses: "No tool output found for function call call_…"
 */
export function answerCalls(
  calls: readonly ToolCallPart[],
  results: readonly ToolResultPart[],
): ToolResultPart[] {
  const open = [...results];
  return calls.map((call) => {
    const index = open.findIndex((result) => result.toolCallId === call.toolCallId);
    return index < 0 ? interrupted(call) : (open.splice(index, 1)[0] as ToolResultPart);
  });
}

/** What stands for a result that never came. */
function interrupted(call: ToolCallPart): ToolResultPart {
  return {
    type: 'tool-result',
    toolCallId: call.toolCallId,
    name: call.name,
    status: 'interrupted',
    text: 'This call was interrupted before it ran. It had no effect; make it again if it is still needed.',
  };
}

/** A call and where its result goes: directly behind its message. */
interface Place {
  toolCallId: string;
  result: Message | null;
}

/**
 * Moves late results back to their call, for transcripts that other tools wrote: each goes to the newest call of its id
 * that has none yet, and one that no call waits for stays where it is. What is appended later never changes that.
 * Messages that are already in order are returned as they are, the same array.
 */
export function arrangeResults(transcript: readonly Message[]): readonly Message[] {
  if (isArranged(transcript)) return transcript;
  const open = new Map<string, Place[][]>();
  const rows: (Message | Place)[] = [];
  for (const message of transcript) {
    if (message.role !== 'tool') {
      const places = callsOf(message).map(({ toolCallId }): Place => ({ toolCallId, result: null }));
      for (const [id, ofId] of Map.groupBy(places, ({ toolCallId }) => toolCallId)) pushTo(open, id, ofId);
      rows.push(message, ...places);
      continue;
    }
    for (const part of message.parts as ToolResultPart[]) {
      const single = { ...message, parts: [part] };
      const place = takeNewest(open, part.toolCallId);
      if (place) place.result = single;
      else rows.push(single);
    }
  }
  return rows.flatMap((row) => ('role' in row ? [row] : (row.result ?? [])));
}

function pushTo(open: Map<string, Place[][]>, id: string, places: Place[]): void {
  const known = open.get(id);
  if (known) known.push(places);
  else open.set(id, [places]);
}

/** Of the newest message that has such a call, the first that is still open. */
function takeNewest(open: Map<string, Place[][]>, toolCallId: string): Place | undefined {
  const places = open.get(toolCallId);
  const place = places?.at(-1)?.shift();
  if (places?.at(-1)?.length === 0) places.pop();
  return place;
}

export function callsOf(message: Message): ToolCallPart[] {
  if (message.role !== 'assistant') return [];
  return message.parts.filter((part): part is ToolCallPart => part.type === 'tool-call');
}

/** Whether the rows from this place on answer only calls that are open there, or their own. */
export function goesOnArranged(transcript: readonly Message[], from: number): boolean {
  if (!transcript.slice(from).some(({ role }) => role === 'tool')) return true;
  let start = from;
  while (start > 0 && (start === from || transcript[start]?.role === 'tool')) start -= 1;
  return isArranged(transcript.slice(start));
}

function isArranged(transcript: readonly Message[]): boolean {
  let open: string[] = [];
  for (const message of transcript) {
    if (message.role !== 'tool') open = callsOf(message).map((call) => call.toolCallId);
    else if (!(message.parts as ToolResultPart[]).every(({ toolCallId }) => take(open, toolCallId)))
      return false;
  }
  return true;
}

function take(ids: string[], id: string): boolean {
  const index = ids.indexOf(id);
  if (index >= 0) ids.splice(index, 1);
  return index >= 0;
}
