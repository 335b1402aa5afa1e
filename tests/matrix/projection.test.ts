import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Message } from '#protocol/message.ts';
import { project } from '#server/agent/handoff/project.ts';
import { readConfig } from '#server/config.ts';
import type { Dialect, ModelRequest, Target } from '#server/gateway/types.ts';
import { WrittenMessages } from '#server/gateway/wires/written-messages.ts';
import { wires } from '#server/gateway/wires/index.ts';
import { ModelTable } from '#server/models/model-table.ts';
import { providersOf } from '#server/models/providers/index.ts';
import { anthropic } from '#tests/upstreams/anthropic.ts';
import { compatible } from '#tests/upstreams/compatible.ts';
import { Issued } from '#tests/upstreams/emulator.ts';
import { groq } from '#tests/upstreams/groq.ts';
import { traitsOf } from '#tests/upstreams/models.ts';
import { openai } from '#tests/upstreams/openai.ts';
import { openrouter } from '#tests/upstreams/openrouter.ts';
import { Refusal, type Json } from '#tests/upstreams/refusal.ts';
import { matrixTargets, ownProvider } from './matrix-targets.ts';
import { transcripts } from './transcripts.ts';

const emulators = { openai, anthropic, groq, openrouter, own: compatible };
const keys = ['OPENAI', 'ANTHROPIC', 'GROQ', 'OPENROUTER'].map((name) => [`${name}_API_KEY`, 'key']);
const config = readConfig({ ...Object.fromEntries(keys), ...ownProvider('http://127.0.0.1:9/v1') });
const listed = providersOf(config);
const table = new ModelTable(
  new Map(listed.map((provider) => [provider.id, provider])),
  listed.flatMap((provider) => provider.configuredModels?.(config) ?? []),
);

interface Receiver {
  target: Target;
  dialect: Dialect;
}

const receivers: Receiver[] = matrixTargets.map(({ config: wanted }) => {
  const target: Target = table.describe(wanted);
  const connection = listed.find(({ id }) => id === target.provider)?.connect(config);
  return { target, dialect: { ...connection?.dialect, ...target.dialect } };
});
const authors = receivers.map(({ target }) => target);

const tool = { name: 'read_file', description: 'Reads.', parameters: { type: 'object', properties: {} } };

function requestOf(transcript: readonly Message[], target: Target): ModelRequest {
  const { messages, suppressReasoning } = project(transcript, target);
  return {
    target,
    system: 'You are an agent.',
    messages,
    tools: target.capabilities.tools ? [tool] : [],
    settings: { reasoningEffort: 'medium' },
    ...(suppressReasoning ? { suppressReasoning } : {}),
    context: { userId: 'u', threadId: 't', runId: 'r' },
  };
}

function bodyOf(transcript: readonly Message[], { target, dialect }: Receiver): string {
  return wires[target.wire].write(requestOf(transcript, target), dialect, new WrittenMessages());
}

/** What the provider would say to it; null when it takes it. */
function refusalOf(bodyText: string, { target }: Receiver): string | null {
  const emulator = emulators[target.provider as keyof typeof emulators];
  const endpoint = Object.values(emulator.endpoints).find(({ wire }) => wire === target.wire);
  assert.ok(endpoint);
  const { model } = target;
  const traits = traitsOf(emulator.name, model);
  try {
    const context = { provider: emulator.name, model, traits, issued: new Issued(), via: 'direct' as const };
    endpoint.check(JSON.parse(bodyText) as Json, context);
    return null;
  } catch (cause) {
    if (cause instanceof Refusal) return cause.message;
    throw cause;
  }
}

test('10,000 conversations of any kind: every provider takes its request, and the record is as it was', () => {
  fc.assert(
    fc.property(transcripts(authors), (transcript) => {
      const before = JSON.stringify(transcript);
      for (const receiver of receivers) {
        const refusal = refusalOf(bodyOf(transcript, receiver), receiver);
        assert.equal(refusal, null, `${receiver.target.model}: ${refusal}`);
      }
      assert.equal(JSON.stringify(transcript), before, 'nothing stored is changed');
    }),
    { numRuns: 10_000 },
  );
});

/** The messages of a body without the marks for a cache, which move, and without its end, which grows. */
function conversation(bodyText: string): string {
  const at = Math.max(bodyText.indexOf(',"messages":['), bodyText.indexOf(',"input":['));
  return bodyText
    .slice(at)
    .replaceAll(',"cache_control":{"type":"ephemeral"}', '')
    .replace(/[\]}]+$/, '');
}

test('a conversation that goes on has the bytes of the shorter one before it, on every wire', () => {
  fc.assert(
    fc.property(
      transcripts(authors, { inOrder: true }),
      fc.constantFrom(...receivers),
      (transcript, receiver) => {
        let shorter = { text: '', thinks: false };
        for (const length of requestsIn(transcript)) {
          const now = transcript.slice(0, length);
          const thinks = !project(now, receiver.target).suppressReasoning;
          const text = conversation(bodyOf(now, receiver));
          // Where thinking goes off in another model's loop, the model's own earlier thinking does not go along either.
          if (shorter.thinks === thinks) assert.ok(text.startsWith(shorter.text), receiver.target.model);
          shorter = { text, thinks };
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

/** Lengths at which a request is made: after the person's words, and after results. */
function requestsIn(transcript: readonly Message[]): number[] {
  return transcript.flatMap(({ role, parts }, index) => {
    const blank = parts.every((part) => part.type === 'text' && part.text.trim() === '');
    return role === 'assistant' || blank ? [] : [index + 1];
  });
}
