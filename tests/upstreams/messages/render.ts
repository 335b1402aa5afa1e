import { callIds } from '../chat/call-ids.ts';
import type { Frame } from '../delivery.ts';
import type { Reply } from '../emulator.ts';
import { isJsonObject, isObject } from '../refusal.ts';
import { encrypt, sign } from '../seal.ts';
import { argsText, finishOf, pieces, usageOf, type Point } from '../script.ts';

const stopReasons = {
  stop: 'end_turn',
  'tool-calls': 'tool_use',
  length: 'max_tokens',
  'content-filter': 'refusal',
  refusal: 'refusal',
};

type Block = Record<string, unknown> & { type: string };

export function messagesWhole(reply: Reply): object {
  const blocks = blocksOf(reply).map(({ block, whole }) => ({ ...block, ...whole }));
  const { output, reasoning } = usageOf(reply.answer, reply.bodyText);
  const details = { output_tokens_details: { thinking_tokens: reasoning } };
  return {
    ...envelope(reply),
    content: blocks,
    stop_reason: stopReasons[finishOf(reply.answer)],
    ...(reply.answer.usage === null ? {} : { usage: { ...startUsage(reply, output), ...details } }),
  };
}

export function messagesFrames(reply: Reply): Frame[] {
  const { answer, bodyText } = reply;
  const { output, reasoning } = usageOf(answer, bodyText);
  const start = {
    ...envelope(reply),
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: startUsage(reply, 1),
  };
  const details = { output_tokens_details: { thinking_tokens: reasoning } };
  const usage = answer.usage === null ? {} : { usage: { ...startUsage(reply, output), ...details } };
  const delta = { stop_reason: stopReasons[finishOf(answer)], stop_sequence: null };
  return [
    frame({ type: 'message_start', message: start }, 'preamble'),
    ...blocksOf(reply).flatMap((made, index) => blockFrames(made, index)),
    frame({ type: 'message_delta', delta, ...usage }, 'end'),
    frame({ type: 'message_stop' }, 'end'),
  ];
}

interface Made {
  block: Block;
  deltas: object[];
  point: Point;
  /** What the deltas add up to. */
  whole: object;
}

/** A model that is told to think with a budget always does so at the start of a turn. */
function blocksOf(reply: Reply): Made[] {
  const { asked, answer } = reply;
  const thinking = asked.body.thinking;
  const isOn = isObject(thinking) && thinking.type !== 'disabled';
  const mustThink = isOn && thinking.type === 'enabled' && asked.step === 0;
  const thought = answer.reasoning ?? (mustThink ? 'Let me think.' : undefined);
  const made: Made[] = [];
  if (isOn && thought !== undefined) made.push(thinkingBlock(reply, thought, thinking));
  if (isOn && answer.redacted)
    made.push({
      block: { type: 'redacted_thinking', data: encrypt(asked.provider, asked.model, `${asked.number}`) },
      deltas: [],
      point: 'reasoning',
      whole: {},
    });
  if (answer.text)
    made.push({
      block: { type: 'text', text: '' },
      deltas: pieces(answer.text).map((text) => ({ type: 'text_delta', text })),
      point: 'text',
      whole: { text: answer.text },
    });
  return [...made, ...callBlocks(reply)];
}

/** With the adaptive form the text stays hidden unless it is asked for; the signature covers what was sent. */
function thinkingBlock({ asked }: Reply, thought: string, config: Record<string, unknown>): Made {
  const text = config.type === 'enabled' || config.display === 'summarized' ? thought : '';
  const signature = sign(asked.provider, asked.model, text);
  return {
    block: { type: 'thinking', thinking: '', signature: '' },
    deltas: [
      ...pieces(text).map((thinking) => ({ type: 'thinking_delta', thinking })),
      { type: 'signature_delta', signature },
    ],
    point: 'reasoning',
    whole: { thinking: text, signature },
  };
}

function callBlocks(reply: Reply): Made[] {
  const ids = callIds(reply);
  return (reply.answer.calls ?? []).map((call, index) => {
    const args = argsText(call);
    return {
      block: { type: 'tool_use', id: ids[index], name: call.name, input: {} },
      deltas: ['', ...pieces(args)].map((partial_json) => ({ type: 'input_json_delta', partial_json })),
      point: 'call',
      whole: { input: isJsonObject(args) ? (JSON.parse(args) as unknown) : {} },
    };
  });
}

function blockFrames({ block, deltas, point }: Made, index: number): Frame[] {
  return [
    frame({ type: 'content_block_start', index, content_block: block }, 'preamble'),
    ...(index === 0 ? [frame({ type: 'ping' }, 'preamble')] : []),
    ...deltas.map((delta) => frame({ type: 'content_block_delta', index, delta }, point)),
    frame({ type: 'content_block_stop', index }, point),
  ];
}

function envelope({ asked, answer }: Reply) {
  const model = answer.servedModel ?? asked.model;
  return { id: `msg_01${asked.number}`, type: 'message', role: 'assistant', model };
}

/** `input_tokens` leaves out what the cache took or gave. */
function startUsage({ answer, bodyText }: Reply, output: number): object {
  const { input, cacheRead, cacheWrite } = usageOf(answer, bodyText);
  if (answer.usage === null) return { input_tokens: 0, output_tokens: 0 };
  return {
    input_tokens: input - cacheRead - cacheWrite,
    cache_creation_input_tokens: cacheWrite,
    cache_read_input_tokens: cacheRead,
    output_tokens: output,
  };
}

function frame(event: { type: string; [key: string]: unknown }, point: Point): Frame {
  return { text: `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`, point };
}
