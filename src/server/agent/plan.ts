import type { Message } from '#protocol/message.ts';
import { planAfter, planTool, type PlanItem } from '#protocol/plan.ts';
import { callsOf } from './handoff/tool-results.ts';

/** The plan of a conversation, from its messages alone: what its active branch says last. */
export function planOf(messages: readonly Message[]): PlanItem[] {
  const statuses = new Map<string, string>();
  for (const { parts } of messages)
    for (const part of parts) if (part.type === 'tool-result') statuses.set(part.toolCallId, part.status);
  const calls = messages.flatMap(callsOf).filter(({ name }) => name === planTool);
  return planAfter(
    calls.map(({ name, args, toolCallId }) => ({
      name,
      args: parse(args),
      status: statuses.get(toolCallId),
    })),
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Never run, and so never a plan.
    return null;
  }
}
