import { callIds } from '../chat/call-ids.ts';
import type { Reply } from '../emulator.ts';
import { isJsonObject, isObject } from '../refusal.ts';
import { encrypt } from '../seal.ts';
import { argsText, finishOf, pieces, type AnsweredCall, type Point } from '../script.ts';

export interface OutputItem {
  whole: Record<string, unknown> & { type: string; id: string };
  text: string;
}

/** The output of one answer: reasoning, message, calls. The later ones belong to the reasoning before them. */
export function outputItems(reply: Reply): OutputItem[] {
  const { asked, answer, issued } = reply;
  const newId = (prefix: string) => `${prefix}_${issued.number().toString(36).padStart(24, '0')}`;
  const items: OutputItem[] = [];
  if (reply.traits.reasoning && answer.reasoning !== undefined) items.push(reasoningItem(reply, newId('rs')));
  const reasoningId = items[0]?.whole.id;
  if (answer.text) items.push(messageItem(answer.text, newId('msg'), answer.finish === 'refusal'));
  const ids = callIds(reply);
  const isCut = finishOf(answer) === 'length';
  for (const [index, call] of (answer.calls ?? []).entries())
    items.push(callItem(call, newId('fc'), ids[index] ?? '', isCut));
  if (asked.body.store !== false) for (const { whole } of items) issued.storedFor.set(whole.id, reply.key);
  if (reasoningId && asked.body.store === false)
    for (const { whole } of items.slice(1)) issued.reasoningOf.set(whole.id, reasoningId);
  return items;
}

/** A summary only where it was asked for, the encrypted content likewise. */
function reasoningItem({ asked, answer }: Reply, id: string): OutputItem {
  const { reasoning, include } = asked.body;
  const asksSummary = isObject(reasoning) && reasoning.summary !== undefined;
  const text = asksSummary ? (answer.reasoning ?? '') : '';
  const isEncrypted = Array.isArray(include) && include.includes('reasoning.encrypted_content');
  const summary = text ? [{ type: 'summary_text', text }] : [];
  const sealed = isEncrypted ? { encrypted_content: encrypt(asked.provider, asked.model, id) } : {};
  return { whole: { id, type: 'reasoning', summary, ...sealed }, text };
}

function messageItem(text: string, id: string, refused: boolean): OutputItem {
  const part = refused
    ? { type: 'refusal', refusal: text }
    : { type: 'output_text', annotations: [], logprobs: [], text };
  return { whole: { id, type: 'message', status: 'completed', role: 'assistant', content: [part] }, text };
}

function callItem(call: AnsweredCall, id: string, callId: string, isCut: boolean): OutputItem {
  const text = argsText(call);
  const status = isCut && !isJsonObject(text) ? 'incomplete' : 'completed';
  return {
    whole: { id, type: 'function_call', status, arguments: text, call_id: callId, name: call.name },
    text,
  };
}

type Timed = { event: Record<string, unknown> & { type: string }; point: Point };

/** The events of one item, in the order of the API. */
export function itemFrames(item: OutputItem, index: number): Timed[] {
  const { whole, text } = item;
  const at = { item_id: whole.id, output_index: index };
  const point: Point = whole.type === 'reasoning' ? 'reasoning' : whole.type === 'message' ? 'text' : 'call';
  const added = { type: 'response.output_item.added', output_index: index, item: opened(whole) };
  const done = { type: 'response.output_item.done', output_index: index, item: whole };
  return [
    { event: added, point: 'preamble' },
    ...inner(whole, text, at).map((event): Timed => {
      return { event, point: event.type.endsWith('added') ? 'preamble' : point };
    }),
    { event: done, point },
  ];
}

function inner(whole: OutputItem['whole'], text: string, at: object): Timed['event'][] {
  if (whole.type === 'function_call') {
    const name = 'response.function_call_arguments';
    const deltas = pieces(text).map((delta) => ({ type: `${name}.delta`, ...at, delta }));
    return whole.status === 'incomplete'
      ? deltas
      : [...deltas, { type: `${name}.done`, ...at, arguments: text }];
  }
  if (!text) return [];
  const isReasoning = whole.type === 'reasoning';
  const position = isReasoning ? { ...at, summary_index: 0 } : { ...at, content_index: 0 };
  const isRefusal = !isReasoning && (whole.content as { type: string }[])[0]?.type === 'refusal';
  const name = isReasoning
    ? 'response.reasoning_summary_text'
    : isRefusal
      ? 'response.refusal'
      : 'response.output_text';
  const part = isReasoning ? 'response.reasoning_summary_part' : 'response.content_part';
  const empty = isReasoning
    ? { type: 'summary_text', text: '' }
    : isRefusal
      ? { type: 'refusal', refusal: '' }
      : { type: 'output_text', annotations: [], text: '' };
  const field = isRefusal ? 'refusal' : 'text';
  return [
    { type: `${part}.added`, ...position, part: empty },
    ...pieces(text).map((delta) => ({ type: `${name}.delta`, ...position, delta })),
    { type: `${name}.done`, ...position, [field]: text },
    { type: `${part}.done`, ...position, part: { ...empty, [field]: text } },
  ];
}

function opened(whole: OutputItem['whole']): object {
  if (whole.type === 'message') return { ...whole, status: 'in_progress', content: [] };
  if (whole.type === 'reasoning') return { ...whole, summary: [] };
  return { ...whole, status: 'in_progress', arguments: '' };
}
