import assert from 'node:assert/strict';
import { SseParser } from '#server/gateway/sse.ts';

/** The order of events that each wire promises its clients, stricter than the official clients check it. */

interface Event {
  type: string;
  [field: string]: unknown;
}

/** @param text the bytes of one answer; one that is no stream is JSON */
export function assertGrammar(path: string, text: string): void {
  if (!/^(event|data):/.test(text)) return void JSON.parse(text);
  const events = new SseParser('test').push(Buffer.from(text));
  if (path.includes('chat')) return assertChat(events.map(({ data }) => data));
  const parsed = events.map(({ event, data }) => {
    const value = JSON.parse(data) as Event;
    assert.equal(value.type, event, 'an event is named by its type');
    return value;
  });
  if (path.includes('messages')) assertMessages(parsed);
  else assertResponses(parsed);
}

function assertChat(datas: string[]): void {
  assert.equal(datas.pop(), '[DONE]');
  const chunks = datas.map((data) => JSON.parse(data) as { choices: Choice[]; id: string; usage?: unknown });
  assert.equal(new Set(chunks.map(({ id }) => id)).size, 1);
  const withChoice = chunks.filter(({ choices }) => choices.length);
  assert.deepEqual(withChoice[0]?.choices[0]?.delta, { role: 'assistant', content: '', refusal: null });
  const finished = withChoice.filter(({ choices }) => choices[0]?.finish_reason);
  assert.deepEqual(finished, withChoice.slice(-1), 'one finish, in the last chunk with a choice');
  const begun = new Set<number>();
  for (const { choices } of withChoice)
    for (const call of choices[0]?.delta.tool_calls ?? []) {
      if (begun.has(call.index)) assert.deepEqual(Object.keys(call), ['index', 'function']);
      else assert.ok(call.id && call.function.name && call.index === begun.size, JSON.stringify(call));
      begun.add(call.index);
    }
}

interface Choice {
  delta: { tool_calls?: { index: number; id?: string; function: { name?: string } }[] };
  finish_reason: string | null;
}

function assertMessages(events: Event[]): void {
  assert.equal(events[0]?.type, 'message_start');
  assert.deepEqual(
    events.slice(-2).map(({ type }) => type),
    ['message_delta', 'message_stop'],
  );
  const deltas: Record<string, string[]> = {
    text: ['text_delta'],
    thinking: ['thinking_delta', 'signature_delta'],
    tool_use: ['input_json_delta'],
    redacted_thinking: [],
  };
  let next = 0;
  let open: string | null = null;
  for (const event of events.slice(1, -2)) {
    const { type, index } = event;
    const block = event.content_block as { type: string } | undefined;
    if (type === 'content_block_start') {
      assert.deepEqual([open, index], [null, next], 'blocks follow one another');
      open = block?.type ?? '';
      continue;
    }
    assert.deepEqual([open === null, index], [false, next]);
    if (type === 'content_block_stop') {
      open = null;
      next += 1;
    } else
      assert.ok(
        deltas[open ?? '']?.includes((event.delta as Event).type),
        `${open}: ${JSON.stringify(event)}`,
      );
  }
  assert.equal(open, null);
}

function assertResponses(events: Event[]): void {
  events.forEach(({ sequence_number: number }, index) => assert.equal(number, index));
  assert.deepEqual(
    events.slice(0, 2).map(({ type }) => type),
    ['response.created', 'response.in_progress'],
  );
  const last = events.at(-1) as Event & { response: { output: Event[]; usage: unknown; status: string } };
  assert.match(last.type, /^response\.(completed|incomplete)$/);
  assert.equal(`response.${last.response.status}`, last.type);
  assert.ok(last.response.usage);
  const items = new Map<unknown, { id: unknown; text: string; done: boolean }>();
  for (const event of events.slice(2, -1)) {
    const { type, output_index: index } = event;
    const item = event.item as Event | undefined;
    if (type === 'response.output_item.added') {
      assert.equal(index, items.size, 'items come in order');
      items.set(index, { id: item?.id, text: '', done: false });
      continue;
    }
    const known = items.get(index);
    assert.ok(known && !known.done, `an item that is in progress: ${JSON.stringify(event)}`);
    if (type === 'response.output_item.done') {
      known.done = true;
      assert.equal(item?.id, known.id);
      assert.deepEqual(item, last.response.output[index as number]);
      continue;
    }
    assert.equal(event.item_id, known.id);
    if (type.endsWith('.delta')) known.text += event.delta as string;
    const whole = event.text ?? event.refusal ?? event.arguments;
    if (type.endsWith('.done') && whole !== undefined) assert.equal(whole, known.text);
  }
  assert.ok([...items.values()].every(({ done }) => done));
  assert.equal(items.size, last.response.output.length);
}
