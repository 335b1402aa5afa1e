import assert from 'node:assert/strict';
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
import { gemini } from '#tests/upstreams/gemini.ts';
import { groq } from '#tests/upstreams/groq.ts';
import { traitsOf } from '#tests/upstreams/models.ts';
import { openai } from '#tests/upstreams/openai.ts';
import { openrouter } from '#tests/upstreams/openrouter.ts';
import { Refusal, type Json } from '#tests/upstreams/refusal.ts';
import { refuseHalfPairs } from '#tests/upstreams/whole-pairs.ts';
import { matrixTargets, ownProvider } from './matrix-targets.ts';

const emulators = { openai, anthropic, groq, openrouter, gemini, own: compatible };
const keys = ['OPENAI', 'ANTHROPIC', 'GROQ', 'OPENROUTER'].map((name) => [`${name}_API_KEY`, 'key']);
const config = readConfig({ ...Object.fromEntries(keys), ...ownProvider('http://127.0.0.1:9/v1') });
const listed = providersOf(config);
const table = new ModelTable(
  new Map(listed.map((provider) => [provider.id, provider])),
  listed.flatMap((provider) => provider.configuredModels?.(config) ?? []),
);

/** A model with the rules of its provider, and what stands in for that. */
export interface Receiver {
  target: Target;
  dialect: Dialect;
}

export const receivers: Receiver[] = matrixTargets.map(({ config: wanted }) => {
  const target: Target = table.describe(wanted);
  const connection = listed.find(({ id }) => id === target.provider)?.connect(config);
  return { target, dialect: { ...connection?.dialect, ...target.dialect } };
});
export const authors = receivers.map(({ target }) => target);

const tool = { name: 'read_file', description: 'Reads.', parameters: { type: 'object', properties: {} } };

/** What goes along with the messages of each request. */
export const system = 'You are an agent.';
export const toolsFor = (target: Target) => (target.capabilities.tools ? [tool] : noTools);
const noTools: (typeof tool)[] = [];

function requestOf(transcript: readonly Message[], target: Target): ModelRequest {
  const { messages, suppressReasoning } = project(transcript, target);
  return {
    target,
    system,
    messages,
    tools: toolsFor(target),
    settings: { reasoningEffort: 'medium' },
    ...(suppressReasoning ? { suppressReasoning } : {}),
    context: { userId: 'u', threadId: 't', runId: 'r' },
  };
}

export function bodyOf(transcript: readonly Message[], { target, dialect }: Receiver): string {
  return wires[target.wire].write(requestOf(transcript, target), dialect, new WrittenMessages());
}

/** What the provider would say to it; null when it takes it. */
export function refusalOf(bodyText: string, { target }: Receiver): string | null {
  const emulator = emulators[target.provider as keyof typeof emulators];
  const endpoint = Object.values(emulator.endpoints).find(({ wire }) => wire === target.wire);
  assert.ok(endpoint);
  const { model } = target;
  const traits = traitsOf(emulator.name, model);
  try {
    const context = { provider: emulator.name, model, traits, issued: new Issued(), via: 'direct' as const };
    const body = JSON.parse(bodyText) as Json;
    refuseHalfPairs(body);
    endpoint.check(body, context);
    return null;
  } catch (cause) {
    if (cause instanceof Refusal) return cause.message;
    throw cause;
  }
}
