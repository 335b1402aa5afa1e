import { test } from 'node:test';
import assert from 'node:assert/strict';
import {
  AIMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
  type AIMessageChunk,
} from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { END, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { ToolNode } from '@langchain/langgraph/prebuilt';
import { CrosspointError } from '#protocol/errors.ts';
import type { AssistantPart } from '#protocol/message.ts';
import type { UsageEntry } from '#protocol/usage.ts';
import type { Gateway, ModelRequest, ModelStreamEvent, Target } from '#server/gateway/types.ts';
import { GatewayChatModel } from './chat-model.ts';
import { fixedModels } from './testing/workbench.ts';

const red = fixedModels().target({ provider: 'red', model: 'red-1' });
const blue = fixedModels().target({ provider: 'blue', model: 'blue-1' });
const usage: UsageEntry = {
  provider: 'red',
  model: 'red-1',
  timestamp: '2026-11-24T00:00:00Z',
  inputTokens: 7,
  outputTokens: 3,
  cacheReadTokens: 2,
  cacheWriteTokens: 0,
  reasoningTokens: 1,
  costUsd: null,
  estimated: false,
  cache: null,
  latencyMs: 1,
  ttftMs: 1,
  attempt: 1,
  route: 'direct',
};

function modelOf(target: Target, answers: AssistantPart[][], extra: ModelStreamEvent[] = []) {
  const requests: ModelRequest[] = [];
  const gateway: Gateway = {
    async *stream(request) {
      requests.push(structuredClone(request));
      const parts = answers[requests.length - 1] ?? [{ type: 'text', text: 'end' }];
      yield { type: 'started', attempt: 1, route: 'direct' };
      for (const part of parts)
        if (part.type === 'text') for (const text of part.text) yield { type: 'text-delta', text };
      yield* extra;
      const reason = parts.some((part) => part.type === 'tool-call') ? 'tool-calls' : 'stop';
      yield { type: 'finished', reason, parts, usage };
    },
    close: () => Promise.resolve(),
  };
  const context = { userId: 'u', threadId: null, runId: null };
  return { requests, model: new GatewayChatModel({ gateway, target, context }) };
}

const call = (id: string, args: object): AssistantPart => ({
  type: 'tool-call',
  toolCallId: id,
  name: 'add',
  args: JSON.stringify(args),
});
const add = tool(({ a, b }: { a: number; b: number }) => String(a + b), {
  name: 'add',
  description: 'Adds two numbers.',
  schema: {
    type: 'object',
    properties: { a: { type: 'number' }, b: { type: 'number' } },
    required: ['a', 'b'],
  },
});

test('streamed and whole answers are the same: text, parallel calls, usage, finish reason', async () => {
  const parts: AssistantPart[] = [
    { type: 'text', text: 'Adding.' },
    call('c1', { a: 1, b: 2 }),
    call('c2', { a: 3, b: 4 }),
  ];
  const { model } = modelOf(red, [parts, parts]);
  const whole = await model.invoke([new HumanMessage('go')]);
  let streamed: AIMessageChunk | undefined;
  for await (const chunk of await model.stream([new HumanMessage('go')]))
    streamed = streamed ? streamed.concat(chunk) : chunk;
  for (const message of [whole, streamed]) {
    assert.equal(message?.text, 'Adding.');
    assert.deepEqual(
      message?.tool_calls?.map(({ id, args }) => [id, args]),
      [
        ['c1', { a: 1, b: 2 }],
        ['c2', { a: 3, b: 4 }],
      ],
    );
    assert.deepEqual(message?.usage_metadata, {
      input_tokens: 7,
      output_tokens: 3,
      total_tokens: 10,
      input_token_details: { cache_read: 2, cache_creation: 0 },
      output_token_details: { reasoning: 1 },
    });
    assert.equal(message?.response_metadata.finish_reason, 'tool-calls');
  }
});

test('both of two parallel calls survive the v3 event stream', async () => {
  const { model } = modelOf(red, [[{ type: 'text', text: 'x' }, call('c1', { a: 1 }), call('c2', { a: 2 })]]);
  const graph = new StateGraph(MessagesAnnotation)
    .addNode('model', async ({ messages }) => ({ messages: [await model.invoke(messages)] }))
    .addEdge(START, 'model')
    .addEdge('model', END)
    .compile();
  const run = await graph.streamEvents({ messages: [new HumanMessage('go')] }, { version: 'v3' });
  const state = (await run.output) as typeof MessagesAnnotation.State;
  assert.equal((state.messages.at(-1) as AIMessage).tool_calls?.length, 2);
});

test('it drives a LangGraph tool loop', async () => {
  const { model, requests } = modelOf(red, [
    [call('c1', { a: 1, b: 2 })],
    [{ type: 'text', text: 'It is 3.' }],
  ]);
  const bound = model.bindTools([add]);
  const graph = new StateGraph(MessagesAnnotation)
    .addNode('model', async ({ messages }) => ({ messages: [await bound.invoke(messages)] }))
    .addNode('tools', new ToolNode([add]))
    .addEdge(START, 'model')
    .addConditionalEdges('model', ({ messages }) =>
      (messages.at(-1) as AIMessage).tool_calls?.length ? 'tools' : END,
    )
    .addEdge('tools', 'model')
    .compile();
  const state = await graph.invoke({ messages: [new SystemMessage('Be exact.'), new HumanMessage('1+2?')] });
  assert.equal(state.messages.at(-1)?.text, 'It is 3.');
  assert.equal(requests[1]?.system, 'Be exact.');
  assert.deepEqual(requests[1]?.tools[0]?.name, 'add');
  assert.deepEqual(requests[1]?.messages.at(-1), {
    role: 'tool',
    results: [{ type: 'tool-result', toolCallId: 'c1', name: 'add', status: 'ok', text: '3' }],
  });
});

test('capsules go back to their issuer, not to another model, and not on an edited message', async () => {
  const capsule = { provider: 'red', wire: red.wire, model: 'red-1', data: '{"signature":"s"}' };
  const thought: AssistantPart = { type: 'reasoning', text: 'hm', capsule };
  const { model } = modelOf(red, [[thought, call('c1', { a: 1, b: 2 })]]);
  const answer = await model.invoke([new HumanMessage('go')]);
  const history = [
    new HumanMessage('go'),
    answer,
    new ToolMessage({ content: '3', tool_call_id: 'c1', name: 'add' }),
  ];
  const own = modelOf(red, []);
  await own.model.invoke(history);
  assert.deepEqual((own.requests[0]?.messages[1] as { parts: AssistantPart[] }).parts[0], thought);
  const other = modelOf(blue, []);
  await other.model.invoke(history);
  assert.doesNotMatch(JSON.stringify(other.requests[0]), /signature/);
  const edited = new AIMessage({
    ...answer,
    content: '',
    tool_calls: [{ id: 'c1', name: 'add', args: { a: 5, b: 5 } }],
  });
  await own.model.invoke([history[0] as HumanMessage, edited, history[2] as ToolMessage]);
  assert.match(JSON.stringify(own.requests[1]), /\\"a\\":5/);
  assert.doesNotMatch(JSON.stringify(own.requests[1]), /signature/);
});

test('a call that was cut off never becomes a tool call', async () => {
  const cut: ModelStreamEvent = { type: 'tool-call-delta', index: 0, name: 'add', argsText: '{"a":1' };
  const { model } = modelOf(red, [[{ type: 'text', text: 'x' }]], [cut]);
  let streamed: AIMessageChunk | undefined;
  for await (const chunk of await model.stream('go')) streamed = streamed ? streamed.concat(chunk) : chunk;
  assert.deepEqual(streamed?.tool_calls, []);
});

test('a failure is the typed error, asked once: retries are the gateway’s', async () => {
  let asked = 0;
  const gateway: Gateway = {
    async *stream() {
      asked += 1;
      throw new CrosspointError('provider_overloaded', { provider: 'Red', tries: '3 tries' });
    },
    close: () => Promise.resolve(),
  };
  const model = new GatewayChatModel({
    gateway,
    target: red,
    context: { userId: 'u', threadId: null, runId: null },
  });
  await assert.rejects(model.invoke('go'), (cause) => cause instanceof CrosspointError);
  assert.equal(asked, 1);
});

test('images in each of the forms that LangChain knows reach a model that can see', async () => {
  const { model, requests } = modelOf(red, []);
  const blocks = [
    { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
    { type: 'image_url', image_url: 'data:image/jpeg;base64,BBBB' },
    { type: 'image', mimeType: 'image/webp', data: 'CCCC' },
  ];
  await model.invoke([new HumanMessage({ content: [{ type: 'text', text: 'look' }, ...blocks] })]);
  const types = requests[0]?.messages[0]?.role === 'user' ? requests[0].messages[0].parts : [];
  assert.deepEqual(
    types.map((part) => ('mediaType' in part ? part.mediaType : part.type)),
    ['text', 'image/png', 'image/jpeg', 'image/webp'],
  );
});
