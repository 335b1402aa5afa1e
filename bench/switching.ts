import type { Message, Part } from '#protocol/message.ts';
import { createIncrementalProject, project } from '#server/agent/handoff/project.ts';
import type { Target } from '#server/gateway/types.ts';
import { Crosspoint } from '#tests/support/crosspoint.ts';
import { targets } from '#tests/support/targets.ts';
import { startProviders, type Asked, type Received } from '#tests/upstreams/index.ts';
import { median, type Benchmark, type Figure, type Outcome } from './support/figures.ts';
import { uniqueText } from './support/mock-model.ts';

const messages = 2_000;
const rounds = 21;
const steps = 30;
/** A turn of 2 calls has 6 messages: so many turns have 1,000. */
const turns = 167;

/** What it costs to make a conversation fit another model, and how much of a request a provider has cached. */
export const switching: Benchmark = {
  name: 'switching',
  async run(): Promise<Outcome> {
    const providers = await startProviders({ script: works, chunking: 'whole' });
    const crosspoint = await Crosspoint.start(providers.env());
    try {
      const figures = [...projections(), await preview(crosspoint)];
      for (const [name, modelConfig] of Object.entries(targets)) {
        const since = providers.requests.length;
        await crosspoint.say({ message: `steps=${steps}`, approvalMode: 'auto', modelConfig });
        figures.push(...prefixShares(name, providers.requests.slice(since)));
      }
      return { figures };
    } finally {
      await crosspoint.remove();
      await providers.close();
    }
  },
};

function works({ step, lastUserText }: Asked) {
  const wanted = Number(/steps=(\d+)/.exec(lastUserText)?.[1] ?? 0);
  if (step >= wanted) return { reasoning: 'Enough.', text: 'Done.' };
  return { reasoning: `Step ${step}.`, text: 'I look.', calls: [{ name: 'list_files', args: {} }] };
}

/** A whole conversation at once, as after a switch, and two more messages of it, as in each step. */
function projections(): Figure[] {
  const transcript = Array.from({ length: messages }, (_none, seq) => row(seq));
  const whole = Array.from({ length: rounds }, () => timeOf(() => project(transcript, receiver)));
  const next = createIncrementalProject();
  const growing = transcript.slice(0, messages / 2);
  next(growing, receiver);
  const step = Array.from({ length: rounds }, () => {
    growing.push(...transcript.slice(growing.length, growing.length + 2));
    return timeOf(() => next(growing, receiver));
  });
  return [
    { name: `projection of ${messages} messages, median`, value: median(whole), unit: 'ms', bar: 20 },
    { name: 'projection of a step, median', value: median(step), unit: 'ms', bar: 2 },
  ];
}

const receiver: Target = {
  provider: 'anthropic',
  model: 'claude-sonnet-4-6',
  wire: 'anthropic-messages',
  cost: { input: 3, output: 15 },
  contextWindow: 1_000_000,
  maxOutput: 64_000,
  capabilities: { tools: true, images: true, reasoning: true, temperature: true },
};

/** Another model's conversation: its ids do not fit, and every fourth message has 2 kB of output. */
function row(seq: number): Message {
  const [role, parts] = rowParts(seq);
  const author = { provider: 'groq', model: 'moonshotai/kimi', wire: 'openai-chat' as const };
  const made = { id: `m${seq}`, threadId: 't', seq, runId: 'r', status: 'complete' as const, createdAt: '' };
  return { ...made, role, parts, ...(role === 'assistant' ? author : {}) };
}

function rowParts(seq: number): [Message['role'], Part[]] {
  const text = { type: 'text' as const, text: uniqueText(200) };
  if (seq % 4 === 0) return ['user', [text]];
  const toolCallId = `functions.read_file:${seq - (seq % 4)}`;
  const name = 'read_file';
  if (seq % 4 === 1) return ['assistant', [text, { type: 'tool-call', toolCallId, name, args: '{}' }]];
  if (seq % 4 === 3) return ['assistant', [text]];
  return ['tool', [{ type: 'tool-result', toolCallId, name, status: 'ok', text: uniqueText(2_000) }]];
}

function timeOf(work: () => unknown): number {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}

/** Over HTTP, of a thread of 1,000 messages. */
async function preview(crosspoint: Crosspoint): Promise<Figure> {
  let threadId: string | undefined;
  for (let turn = 0; turn < turns; turn += 1) {
    const thread = threadId ? { threadId } : { modelConfig: targets.openai };
    ({ threadId } = await crosspoint.say({ message: 'steps=2', approvalMode: 'auto', ...thread }));
  }
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now();
    await crosspoint.api('POST', `/api/threads/${threadId}/switch/preview`, {
      modelConfig: targets.anthropic,
    });
    times.push(performance.now() - startedAt);
  }
  return { name: 'preview of a switch, 1,000 messages, median', value: median(times), unit: 'ms', bar: 100 };
}

/** How much of each request was there before, byte for byte from the beginning; and whether any old byte changed. */
function prefixShares(name: string, requests: readonly Received[]): Figure[] {
  // Marks for a cache say where it ends, and are no part of what is cached.
  const bodies = requests.map(({ bodyText }) => bodyText.replaceAll(/,"cache_control":\{[^}]*\}/g, ''));
  const common = bodies.slice(1).map((body, index) => {
    const before = bodies[index] ?? '';
    let same = 0;
    while (same < before.length && body[same] === before[same]) same += 1;
    return { same, before: before.length, now: body.length };
  });
  const kept = Math.min(...common.map(({ same, before }) => same / before)) * 100;
  const sum = (key: 'same' | 'now') => common.reduce((total, each) => total + each[key], 0);
  const share = (sum('same') / sum('now')) * 100;
  return [
    { name: `${name}: of a request, in the next, worst`, value: kept, unit: '%', bar: 95, atLeast: true },
    { name: `${name}: sent before, of ${steps} steps`, value: share, unit: '%', bar: 95, atLeast: true },
  ];
}
