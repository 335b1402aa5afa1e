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

/**
 * Moves late results back to their call, for transcripts that other tools wrote. Messages that are already in order are
 * returned as they are, the same array.
 */
export function arrangeResults(transcript: readonly Message[]): readonly Message[] {
  if (isArranged(transcript)) return transcript;
  const waiting = new Map<string, Message[]>();
  for (const message of transcript) {
    if (message.role !== 'tool') continue;
    for (const part of message.parts as ToolResultPart[]) {
      const single = { ...message, parts: [part] };
      waiting.set(part.toolCallId, [...(waiting.get(part.toolCallId) ?? []), single]);
    }
  }
  return transcript.flatMap((message) => {
    if (message.role === 'tool') return [];
    const results = callsOf(message).flatMap((call) => waiting.get(call.toolCallId)?.splice(0, 1) ?? []);
    return [message, ...results];
  });
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
  let open = new Set<string>();
  for (const message of transcript) {
    if (message.role !== 'tool') open = new Set(callsOf(message).map((call) => call.toolCallId));
    else if (!message.parts.every((part) => part.type === 'tool-result' && open.has(part.toolCallId)))
      return false;
  }
  return true;
}
