import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGateway } from '#server/gateway/gateway.ts';
import { openStore } from '#server/store/open-store.ts';
import type { Connection, Gateway, ModelRequest, Target } from '#server/gateway/types.ts';
import { median, type Figure } from './figures.ts';

const target: Target = {
  provider: 'mock',
  model: 'mock',
  wire: 'openai-chat',
  cost: { input: 1, output: 2 },
  contextWindow: 100_000,
  maxOutput: 8_000,
  capabilities: { tools: true, images: false, reasoning: false, temperature: true },
};

/** The agent's own calls: the gateway as a library in this process, with a real ledger, to the same upstream. */
export async function inProcess(origin: string): Promise<Figure[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'crosspoint-bench-'));
  const store = await openStore(dataDir);
  const connection: Connection = {
    provider: 'mock',
    label: 'Mock',
    baseUrl: `${origin}/v1`,
    apiKey: null,
    apiKeyVariable: 'NONE',
    auth: 'none',
    headers: {},
    dialect: {},
  };
  const { ledger } = store;
  const connections = new Map([['mock', connection]]);
  const gateway = createGateway({ connections, helicone: off, ledger, deadlineScale: 1 });
  try {
    const request = await rounds(() => cpuOf(() => many(gateway, asked('mock', false), 8, 600), 600));
    const chunks = 200;
    const chunk = await rounds(() =>
      cpuOf(() => many(gateway, asked(`mock-g5-n${chunks}`, true), 16, 32), 32 * chunks),
    );
    return [
      { name: 'in process, CPU a request', value: request / 1_000, unit: 'ms', bar: 0.25 },
      { name: 'in process, CPU a streamed chunk', value: chunk, unit: 'µs', bar: 60 },
    ];
  } finally {
    await gateway.close();
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const off = {
  key: null,
  mode: 'proxy',
  urls: { openai: '', anthropic: '', groq: '', openrouter: '', gateway: '' },
  bypass: true,
} as const;

function asked(model: string, stream: boolean): ModelRequest {
  return {
    target: { ...target, model },
    system: 'You are a coding agent.',
    messages: [{ role: 'user', parts: [{ type: 'text', text: 'Say something about gateways.' }] }],
    tools: [],
    settings: { stream },
    context: { userId: 'bench', threadId: null, runId: null },
  };
}

async function many(gateway: Gateway, request: ModelRequest, at: number, count: number): Promise<void> {
  let left = count;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      let finished = false;
      for await (const event of gateway.stream(request, new AbortController().signal))
        finished ||= event.type === 'finished';
      if (!finished) throw new Error('no answer came');
    }
  };
  await Promise.all(Array.from({ length: at }, worker));
}

/** The first round warms up. */
async function rounds(work: () => Promise<number>): Promise<number> {
  await work();
  return median([await work(), await work(), await work()]);
}

/** Microseconds of this process for each of so many. */
async function cpuOf(work: () => Promise<void>, count: number): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}
