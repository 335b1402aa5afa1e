import { refuse, type Json } from '../refusal.ts';

/** Each call is answered by a tool message before the next other message, and nothing else is answered. */
export function checkPairs(messages: readonly Json[]): void {
  let open: string[] = [];
  let mayAnswer = false;
  messages.forEach((message, index) => {
    if (message.role === 'tool') {
      const id = String(message.tool_call_id);
      if (!mayAnswer)
        refuse(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          {
            param: `messages.[${index}].role`,
          },
        );
      if (!open.includes(id))
        refuse(`Invalid parameter: 'tool_call_id' of '${id}' not found in 'tool_calls' of previous message.`);
      open = open.filter((known) => known !== id);
      return;
    }
    if (open.length) unanswered(open, index);
    const calls = Array.isArray(message.tool_calls) ? (message.tool_calls as Json[]) : [];
    open = calls.map((call) => String(call.id));
    mayAnswer = open.length > 0;
    if (new Set(open).size < open.length)
      refuse(`Duplicate value for 'tool_call_id' in 'messages[${index}].tool_calls'.`);
  });
  if (open.length) unanswered(open, messages.length);
}

function unanswered(ids: readonly string[], index: number): never {
  refuse(
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids.join(', ')}`,
    { param: `messages.[${index}].role` },
  );
}
