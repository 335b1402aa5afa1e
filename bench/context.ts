import type { Message, Part, ToolResultPart } from '#protocol/message.ts';
import { createIncrementalProject } from '#server/agent/handoff/project.ts';
import { estimatedSize, messageTokens } from '#server/agent/handoff/tokens/message-tokens.ts';
import { PartCounter } from '#server/agent/handoff/tokens/part-sizes.ts';
import type { PromptMessage, Target } from '#server/gateway/types.ts';
import { median, type Benchmark, type Figure, type Outcome } from './support/figures.ts';
import { uniqueText } from './support/mock-model.ts';

const steps = 300;
const files = 12;
/** Characters of a file as it is read, and of a command's output. */
const sizes = { file: 8_000, output: 12_000 };

/** What is saved of a long tool loop by showing files once and old results in part, and what that costs a provider's cache. */
export const context: Benchmark = {
  name: 'context',
  run(): Promise<Outcome> {
    const transcript = work();
    const figures = [200_000, 1_000_000].flatMap((contextWindow) => loopFigures(transcript, contextWindow));
    return Promise.resolve({ figures: [...figures, partsFigure(transcript)] });
  },
};

/**
 * A loop as agents make it, with a fixed seed: of ten calls six read one of twelve files, two run a command and two change a
 * file. Each request is sent whole, so what is shown once less is saved in each later request.
 */
function work(): Message[] {
  const versions = new Array<number>(files).fill(0);
  const texts = new Map<string, string>();
  const messages: Message[] = [messageOf(1, 'user', [{ type: 'text', text: 'Do it.' }])];
  let seed = 7;
  const random = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
  for (let step = 0; step < steps; step += 1) {
    const file = random(files);
    const kind = ['read', 'read', 'read', 'run', 'edit'][random(5)] as 'read' | 'run' | 'edit';
    if (kind === 'edit') versions[file] = (versions[file] ?? 0) + 1;
    const seen = { path: `src/file-${file}.ts`, hash: `${file} ${versions[file]}` };
    const known = texts.get(seen.hash) ?? uniqueText(sizes.file);
    texts.set(seen.hash, known);
    const made = {
      read: ['read_file', known],
      run: ['run_terminal_command', uniqueText(sizes.output)],
      edit: ['edit_file', 'Edited.'],
    };
    const [name, text] = made[kind] as [string, string];
    const toolCallId = `call_${step}`;
    const args = JSON.stringify(kind === 'run' ? { command: 'make' } : { path: seen.path });
    const result = { type: 'tool-result', toolCallId, name, status: 'ok', text } as const;
    messages.push(
      messageOf(messages.length + 1, 'assistant', [{ type: 'tool-call', toolCallId, name, args }]),
      messageOf(messages.length + 2, 'tool', [kind === 'run' ? result : { ...result, file: seen }]),
    );
  }
  return messages;
}

function messageOf(seq: number, role: Message['role'], parts: Part[]): Message {
  const author =
    role === 'assistant' ? { provider: target.provider, model: target.model, wire: target.wire } : {};
  return {
    id: `m${seq}`,
    threadId: 't',
    seq,
    runId: 'r',
    status: 'complete',
    createdAt: '',
    role,
    parts,
    ...author,
  };
}

const target: Target = {
  provider: 'anthropic',
  model: 'claude-sonnet-4-6',
  wire: 'anthropic-messages',
  cost: { input: 3, output: 15 },
  contextWindow: 200_000,
  maxOutput: 64_000,
  capabilities: { tools: true, images: true, reasoning: true, temperature: true },
};

const sizeOf = (message: PromptMessage) => messageTokens(message, estimatedSize);

function loopFigures(transcript: readonly Message[], contextWindow: number): Figure[] {
  const next = createIncrementalProject();
  const growing: Message[] = [];
  const times: number[] = [];
  let [whole, rawTokens, sent, cached, changed, largest] = [0, 0, 0, 0, 0, 0];
  let before: readonly PromptMessage[] = [];
  for (const message of transcript) {
    growing.push(message);
    rawTokens += rawSize(message);
    if (message.role === 'assistant') continue;
    const startedAt = performance.now();
    const { messages } = next(growing, { ...target, contextWindow });
    times.push(performance.now() - startedAt);
    const tokens = messages.reduce((sum, each) => sum + sizeOf(each), 0);
    const same = messages.findIndex((each, index) => each !== before[index]);
    cached += messages.slice(0, same).reduce((sum, each) => sum + sizeOf(each), 0);
    if (same < before.length) changed += 1;
    whole += rawTokens;
    sent += tokens;
    largest = Math.max(largest, tokens);
    before = messages;
  }
  const window = `window of ${contextWindow / 1_000}k`;
  return [
    {
      name: `${window}: input of ${steps} requests against the whole`,
      value: sent / whole,
      unit: 'x',
      bar: 0.6,
    },
    {
      name: `${window}: largest request against the window`,
      value: largest / contextWindow,
      unit: 'x',
      bar: 0.6,
    },
    { name: `${window}: requests in which old bytes changed`, value: changed, unit: '', bar: steps / 20 },
    {
      name: `${window}: of all input, sent before`,
      value: (cached / sent) * 100,
      unit: '%',
      bar: 90,
      atLeast: true,
    },
    { name: `${window}: projection of a step, median`, value: median(times), unit: 'ms', bar: 2 },
    { name: `${window}: projection of a step, worst`, value: Math.max(...times), unit: 'ms' },
  ];
}

function rawSize({ role, parts }: Message): number {
  return sizeOf(
    role === 'tool' ? { role, results: parts as ToolResultPart[] } : { role, parts: parts as never[] },
  );
}

/** What the meter shows, of a conversation whose messages were counted before. */
function partsFigure(transcript: readonly Message[]): Figure {
  const { messages } = createIncrementalProject()(transcript, target);
  const counter = new PartCounter();
  const look = () => counter.sizes(messages, { system: '', tools: [] }, '');
  look();
  const times = Array.from({ length: 21 }, () => {
    const startedAt = performance.now();
    look();
    return performance.now() - startedAt;
  });
  return { name: `parts of ${messages.length} messages, median`, value: median(times), unit: 'ms', bar: 2 };
}
