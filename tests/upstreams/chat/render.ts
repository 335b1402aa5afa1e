import type { Frame } from '../delivery.ts';
import type { Reply } from '../emulator.ts';
import { argsText, finishOf, pieces, usageOf, type Point } from '../script.ts';
import { callIds } from './call-ids.ts';

/** How one chat-completions server differs from the others in what it sends. */
export interface ChatStyle {
  idPrefix: string;
  /** Comments that come before the first event. */
  comment?: string;
  /** Deltas of the reasoning, in order; empty where the server shows none. */
  reasoningDeltas(reply: Reply): object[];
  /** Fields of a whole message that carry the reasoning. */
  reasoningFields(reply: Reply): object;
  /** Beside the text: with its last piece, and in a whole message. */
  textFields?(reply: Reply): object;
  /** Beside a call. */
  callFields?(reply: Reply, index: number): object;
  /** Servers that count calls in their own way. */
  callIndex?(index: number): number;
  /** Groq sends a call in one piece. */
  wholeCalls?: boolean;
  /** The last chunks: usage and what comes with it. */
  usageChunks(usage: object, base: object, finish: object, includeUsage: boolean): object[];
  usage(reply: Reply): object;
}

const reasons = {
  stop: 'stop',
  'tool-calls': 'tool_calls',
  length: 'length',
  'content-filter': 'content_filter',
  refusal: 'stop',
};

export function chatFrames(reply: Reply, style: ChatStyle): Frame[] {
  const { asked, answer } = reply;
  const base = chunkBase(reply, style);
  const chunk = (delta: object, point: Point) => frame({ ...base, choices: [choice(delta, null)] }, point);
  const textKey = answer.finish === 'refusal' ? 'refusal' : 'content';
  const first = chunk(
    { role: 'assistant', content: answer.calls?.length && !answer.text ? null : '', refusal: null },
    'preamble',
  );
  const finish = { ...base, choices: [choice({}, reasons[finishOf(answer)])] };
  const options = asked.body.stream_options as { include_usage?: boolean } | undefined;
  const included = options?.include_usage === true && answer.usage !== null;
  return [
    ...(style.comment ? [{ text: `: ${style.comment}\n\n`, point: 'preamble' as const }] : []),
    first,
    ...style.reasoningDeltas(reply).map((delta) => chunk(delta, 'reasoning')),
    ...pieces(answer.text ?? '').map((text) => chunk({ [textKey]: text }, 'text')),
    ...(answer.text && style.textFields ? [chunk({ content: '', ...style.textFields(reply) }, 'text')] : []),
    ...callDeltas(reply, style).map((delta) => chunk({ tool_calls: [delta] }, 'call')),
    ...style.usageChunks(style.usage(reply), base, finish, included).map((event) => frame(event, 'end')),
    { text: 'data: [DONE]\n\n', point: 'end' },
  ];
}

export function chatWhole(reply: Reply, style: ChatStyle): object {
  const { answer } = reply;
  const ids = callIds(reply);
  const calls = (answer.calls ?? []).map((call, index) => ({
    id: ids[index],
    type: 'function',
    function: { name: call.name, arguments: argsText(call) },
    ...style.callFields?.(reply, index),
  }));
  const refused = answer.finish === 'refusal';
  const message = {
    role: 'assistant',
    content: refused || !answer.text ? null : answer.text,
    refusal: refused ? answer.text : null,
    ...style.reasoningFields(reply),
    ...(answer.text ? style.textFields?.(reply) : {}),
    ...(calls.length ? { tool_calls: calls } : {}),
  };
  const { object: _object, ...base } = chunkBase(reply, style);
  return {
    ...base,
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason: reasons[finishOf(answer)] }],
    ...(answer.usage === null ? {} : { usage: style.usage(reply) }),
  };
}

function callDeltas(reply: Reply, style: ChatStyle): object[] {
  const ids = callIds(reply);
  return (reply.answer.calls ?? []).flatMap((call, index) => {
    const text = argsText(call);
    const at = style.callIndex?.(index) ?? index;
    const head = { index: at, id: ids[index], type: 'function', ...style.callFields?.(reply, index) };
    if (style.wholeCalls) return [{ ...head, function: { name: call.name, arguments: text } }];
    return [
      { ...head, function: { name: call.name, arguments: '' } },
      ...pieces(text).map((piece) => ({ index: at, function: { arguments: piece } })),
    ];
  });
}

function chunkBase({ asked, answer }: Reply, { idPrefix }: ChatStyle) {
  return {
    id: `${idPrefix}${asked.number}`,
    object: 'chat.completion.chunk',
    created: 1_764_000_000 + asked.number,
    model: answer.servedModel ?? asked.model,
    system_fingerprint: 'fp_emulated',
  };
}

function choice(delta: object, finish: string | null): object {
  return { index: 0, delta, logprobs: null, finish_reason: finish };
}

function frame(event: object, point: Point): Frame {
  return { text: `data: ${JSON.stringify(event)}\n\n`, point };
}

/** OpenAI's form of the usage. */
export function chatUsage({ answer, bodyText }: Reply) {
  const usage = usageOf(answer, bodyText);
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cacheRead, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoning, audio_tokens: 0 },
  };
}

/** The finish, then a chunk without choices that has the usage, where it was asked for. */
export const usageLast: ChatStyle['usageChunks'] = (usage, base, finish, included) =>
  included ? [finish, { ...base, choices: [], usage }] : [finish];

export const noReasoning = { reasoningDeltas: () => [], reasoningFields: () => ({}) };
