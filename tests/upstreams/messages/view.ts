import type { View } from '../emulator.ts';
import { isObject, type Json } from '../refusal.ts';
import { blocksOf } from './content.ts';

/** What a messages body asks, in neutral words. */
export function viewMessages(body: Json): View {
  const messages = body.messages as Json[];
  const blocks = messages.flatMap(blocksOf);
  const isWords = ({ role, ...message }: Json) =>
    role === 'user' && blocksOf(message).some(({ type }) => type !== 'tool_result');
  const lastUser = messages.findLastIndex(isWords);
  const names = new Map(
    blocks.filter(({ type }) => type === 'tool_use').map(({ id, name }) => [String(id), String(name)]),
  );
  return {
    system: textOf(body.system),
    messages: messages.length,
    lastUserText: lastUser < 0 ? '' : textOf((messages[lastUser] as Json).content),
    toolResults: blocks
      .filter(({ type }) => type === 'tool_result')
      .map(({ tool_use_id: id, content }) => ({
        toolCallId: String(id),
        name: names.get(String(id)) ?? '',
        text: textOf(content),
      })),
    step: messages.slice(lastUser + 1).filter(({ role }) => role === 'assistant').length,
    tools: ((body.tools ?? []) as { name: string }[]).map(({ name }) => name),
    images: [
      ...blocks,
      ...blocks.flatMap(({ content }) => (Array.isArray(content) ? (content as Json[]) : [])),
    ].filter(({ type }) => type === 'image').length,
    thinks: isObject(body.thinking) && body.thinking.type !== 'disabled',
  };
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return (content as Json[])
    .map(({ type, text }) => (type === 'text' && typeof text === 'string' ? text : ''))
    .join('');
}
