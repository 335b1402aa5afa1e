import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImagePart, Message } from '#protocol/message.ts';
import type { Target, PromptMessage } from '#server/gateway/types.ts';
import { createIncrementalProject, project } from './project.ts';

const target = (provider: string, wire: Target['wire'], contextWindow = 200_000): Target => ({
  ...{ provider, model: 'm', wire, cost: { input: null, output: null }, contextWindow, maxOutput: null },
  capabilities: { tools: true, images: true, reasoning: false, temperature: true },
});
const claude = target('anthropic', 'anthropic-messages');
const groq = target('groq', 'openai-chat');

/** The head of a PNG, which is all that is looked at. */
function png(side: number, mediaType = 'image/png'): ImagePart {
  const bytes = Buffer.alloc(64);
  bytes.writeUInt32BE(0x89504e47, 0);
  bytes.writeUInt32BE(side, 16);
  bytes.writeUInt32BE(10, 20);
  return { type: 'image', mediaType, data: bytes.toString('base64') };
}

const asked = (images: ImagePart[]): Message[] =>
  images.map((image, seq) => ({
    ...{ id: `m${seq}`, threadId: 't', seq, runId: 'r', role: 'user', parts: [image] },
    ...{ status: 'complete', createdAt: '' },
  }));

const shown = (messages: readonly PromptMessage[]) =>
  messages.map((message) => message.role === 'user' && message.parts[0]?.type === 'image');

test('of more pictures than a provider takes at once the newest are shown, and the receipt says why', () => {
  const transcript = asked(Array.from({ length: 7 }, () => png(10)));
  const { messages, report } = project(transcript, groq);
  assert.deepEqual(shown(messages), [false, false, true, true, true, true, true]);
  assert.equal(report.kept.images, 5);
  assert.match(report.converted[0]?.why ?? '', /one more than groq takes at once/);
  assert.ok(shown(project(transcript, target('openai', 'openai-chat')).messages).every(Boolean));
});

test('Anthropic: large pictures are left out only where they would be refused', () => {
  assert.deepEqual(shown(project(asked([png(7_000), png(9_000)]), claude).messages), [true, false]);
  const twenty = Array.from({ length: 19 }, () => png(10));
  assert.ok(shown(project(asked([png(3_000), ...twenty]), claude).messages).every(Boolean));
  const more = shown(project(asked([png(3_000), ...twenty, png(10)]), claude).messages);
  assert.deepEqual([more[0], more.filter(Boolean).length], [false, 20]);
});

test('a picture is of the kind that its bytes are', () => {
  const { messages } = project(asked([png(10, 'image/jpeg')]), claude);
  const [first] = messages;
  assert.equal(
    first?.role === 'user' && first.parts[0]?.type === 'image' && first.parts[0].mediaType,
    'image/png',
  );
});

test('step by step the same pictures are shown as at once', () => {
  const transcript = asked(Array.from({ length: 9 }, () => png(10)));
  const projectOn = createIncrementalProject();
  const growing: Message[] = [];
  for (const message of transcript) {
    growing.push(message);
    assert.deepEqual(projectOn(growing, groq), project(growing, groq));
  }
});
