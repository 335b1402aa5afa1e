import type { View } from '../emulator.ts';
import { isObject, type Json } from '../refusal.ts';

/** What a responses body asks, in neutral words. */
export function viewResponses(body: Json): View {
  const items = (
    typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : body.input
  ) as Json[];
  const lastUser = items.findLastIndex(({ role }) => role === 'user');
  const names = new Map(
    items
      .map(({ call_id: id, name }) => [String(id), String(name)] as const)
      .filter(([, name]) => name !== 'undefined'),
  );
  return {
    system: String(body.instructions ?? ''),
    messages: items.length,
    lastUserText: lastUser < 0 ? '' : textOf((items[lastUser] as Json).content),
    toolResults: items.flatMap(({ type, call_id: id, output }) => {
      if (type !== 'function_call_output') return [];
      return [{ toolCallId: String(id), name: names.get(String(id)) ?? '', text: textOf(output) }];
    }),
    step: answersAfter(items.slice(lastUser + 1)),
    tools: ((body.tools ?? []) as { name: string }[]).map(({ name }) => name),
    images: items
      .flatMap(({ content, output }) => [content, output])
      .flatMap((parts) => (Array.isArray(parts) ? (parts as Json[]) : []))
      .filter(({ type }) => type === 'input_image').length,
    thinks: isObject(body.reasoning) && body.reasoning.effort !== 'none',
  };
}

/** The items of one answer stand together; outputs separate them. */
function answersAfter(items: readonly Json[]): number {
  const isOutput = (item: Json | undefined) => item?.type === 'function_call_output';
  return items.filter((item, index) => !isOutput(item) && (index === 0 || isOutput(items[index - 1]))).length;
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return (content as Json[]).map(({ text }) => (typeof text === 'string' ? text : '')).join('');
}
