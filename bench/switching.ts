import type { Message, Part } from '#protocol/message.ts';
import type { ModelConfig } from '#protocol/model.ts';
import { GrowingView } from '#server/agent/handoff/compaction.ts';
import { createIncrementalProject, project, type IncrementalProject } from '#server/agent/handoff/project.ts';
import { TokenCounter } from '#server/agent/handoff/tokens/token-counter.ts';
import type { Projection } from '#server/agent/handoff/types.ts';
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
      const figures = [...(await projections()), ...(await previews(crosspoint))];
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

/**
 * A whole conversation at once, as after a switch, and two more messages of it, as in each step; then the same with its
 * tokens counted, and with a shorter form of its beginning in use.
 */
async function projections(): Promise<Figure[]> {
  const transcript = Array.from({ length: messages }, (_none, seq) => row(seq));
  const whole = Array.from({ length: rounds }, () => timeOf(() => project(transcript, receiver)));
  const counter = new TokenCounter(noSettings);
  const count = (projected: Projection, target = receiver) =>
    counter.count(projected.messages, target, fixed);
  const counted = Array.from({ length: rounds }, () => {
    const projected = project(transcript, receiver);
    return timeOf(() => count(projected));
  });
  const view = new GrowingView(shorter, true);
  const forms: [string, () => (rows: Message[]) => unknown][] = [
    ['projection of a step', stepOf((rows, next) => next(rows, receiver))],
    ['projection and count of a step', stepOf((rows, next) => count(next(rows, receiver)))],
    ['the same, with a compaction', stepOf((rows, next) => count(next(view.of(rows), receiver, 'short')))],
  ];
  const steps = forms.map(([name, work]) => stepFigure(name, transcript, work()));
  return [
    { name: `projection of ${messages} messages, median`, value: median(whole), unit: 'ms', bar: 20 },
    { name: `count of ${messages} messages, estimated, median`, value: median(counted), unit: 'ms', bar: 20 },
    ...steps,
    ...(await exactCounts(transcript, counter)),
  ];
}

function stepOf(work: (rows: Message[], next: IncrementalProject) => unknown) {
  return () => {
    const next = createIncrementalProject();
    return (rows: Message[]) => work(rows, next);
  };
}

function stepFigure(
  name: string,
  transcript: readonly Message[],
  work: (rows: Message[]) => unknown,
): Figure {
  const growing = transcript.slice(0, messages - rounds * 2);
  work(growing);
  const times = Array.from({ length: rounds }, () => {
    growing.push(...transcript.slice(growing.length, growing.length + 2));
    return timeOf(() => work(growing));
  });
  return { name: `${name}, median`, value: median(times), unit: 'ms', bar: 2 };
}

/** With OpenAI's tokenizer: what it takes to load it, the first counts, which have a limit of time, and the later ones. */
async function exactCounts(transcript: readonly Message[], counter: TokenCounter): Promise<Figure[]> {
  const target: Target = { ...receiver, provider: 'openai', model: 'gpt-5.4', wire: 'openai-responses' };
  const startedAt = performance.now();
  await counter.prepare(target);
  const load = performance.now() - startedAt;
  const { messages: projected } = project(transcript, target);
  const first = timeOf(() => counter.count(projected, target, fixed));
  const begun = performance.now();
  while (counter.count(projected, target, fixed).estimated)
    await new Promise((resolve) => setImmediate(resolve));
  const whole = performance.now() - begun;
  const warm = Array.from({ length: rounds }, () => timeOf(() => counter.count(projected, target, fixed)));
  return [
    { name: 'loading the tokenizer, once in a process', value: load, unit: 'ms', bar: 500 },
    { name: `exact count of ${messages} messages, first look`, value: first, unit: 'ms', bar: 60 },
    { name: `exact count of ${messages} messages, until whole`, value: whole, unit: 'ms', bar: 3_000 },
    { name: `exact count of ${messages} messages, warm, median`, value: median(warm), unit: 'ms', bar: 2 },
  ];
}

const nothing = () => Promise.resolve(null);
const noSettings = {
  get: nothing,
  getSecret: nothing,
  set: async () => undefined,
  setSecret: async () => undefined,
};
const fixed = { system: uniqueText(3_500), tools: [] };
const shorter = {
  id: 'short',
  throughSeq: 399,
  method: 'summary' as const,
  writtenBy: 'groq/moonshotai/kimi',
  text: uniqueText(8_000),
  limits: null,
};

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

/** Over HTTP, of a thread of 1,000 messages: the first look, which projects and counts all of it, and the later ones. */
async function previews(crosspoint: Crosspoint): Promise<Figure[]> {
  let threadId: string | undefined;
  for (let turn = 0; turn < turns; turn += 1) {
    const thread = threadId ? { threadId } : { modelConfig: targets.groq };
    ({ threadId } = await crosspoint.say({ message: 'steps=2', approvalMode: 'auto', ...thread }));
  }
  const look = async (modelConfig: ModelConfig) => {
    const startedAt = performance.now();
    await crosspoint.api('POST', `/api/threads/${threadId}/switch/preview`, { modelConfig });
    return performance.now() - startedAt;
  };
  const figures: Figure[] = [];
  for (const [name, model] of Object.entries({ anthropic: targets.anthropic, openai: targets.openai })) {
    const cold = await look(model);
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) times.push(await look(model));
    const what = `preview of a switch to ${name}, 1,000 messages`;
    figures.push({ name: `${what}, cold`, value: cold, unit: 'ms', bar: 100 });
    figures.push({ name: `${what}, median`, value: median(times), unit: 'ms', bar: 100 });
    figures.push({ name: `${what}, worst`, value: Math.max(...times), unit: 'ms', bar: 300 });
  }
  return figures;
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
