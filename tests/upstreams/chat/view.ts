import type { View } from '../emulator.ts';
import { isObject, type Json } from '../refusal.ts';

/** What a chat body asks, in neutral words. */
export function viewChat(body: Json): View {
  const messages = body.messages as Json[];
  const spoken = messages.filter(({ role }) => role !== 'system' && role !== 'developer');
  const lastUser = spoken.findLastIndex((message, index) => isWords(message, spoken[index - 1]));
  const names = new Map(
    spoken.flatMap(({ tool_calls: calls }) =>
      ((calls ?? []) as { id: string; function: { name: string } }[]).map((call) => [
        call.id,
        call.function.name,
      ]),
    ),
  );
  return {
    system: messages
      .filter(({ role }) => role === 'system' || role === 'developer')
      .map(contentText)
      .join('\n'),
    messages: spoken.length,
    lastUserText: lastUser < 0 ? '' : contentText(spoken[lastUser] as Json),
    toolResults: spoken.flatMap((message) => {
      if (message.role !== 'tool') return [];
      const toolCallId = String(message.tool_call_id);
      return [{ toolCallId, name: names.get(toolCallId) ?? '', text: contentText(message) }];
    }),
    step: spoken.slice(lastUser + 1).filter(({ role }) => role === 'assistant').length,
    tools: ((body.tools ?? []) as { function: { name: string } }[]).map((tool) => tool.function.name),
    images: spoken
      .flatMap(({ content }) => (Array.isArray(content) ? (content as Json[]) : []))
      .filter(({ type }) => type === 'image_url').length,
    thinks: asksToThink(body),
  };
}

/** Images of a tool result follow it as a user message, which nobody said. */
function isWords(message: Json, before: Json | undefined): boolean {
  if (message.role !== 'user') return false;
  return !(before?.role === 'tool' && contentText(message).startsWith('Images of the result of'));
}

function contentText({ content }: Json): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return (content as Json[]).map(({ text }) => (typeof text === 'string' ? text : '')).join('');
}

function asksToThink({ reasoning_effort: effort, reasoning }: Json): boolean {
  if (isObject(reasoning)) return reasoning.enabled !== false && reasoning.effort !== 'none';
  return effort !== undefined && effort !== 'none' && effort !== 'minimal';
}
