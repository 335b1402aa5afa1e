import { Crosspoint } from '#tests/support/crosspoint.ts';
import { mockProvider, folderBytes } from './support/process.ts';
import { median, type Benchmark, type Outcome } from './support/figures.ts';
import { startMockModel } from './support/mock-model.ts';

const turns = 800;
/** Turns on each side of the one that is asked for. */
const around = 15;

/** One thread of 800 turns, each with one command: does a turn cost more, and does the record grow beyond its text? */
export const longThread: Benchmark = {
  name: 'long thread',
  async run(): Promise<Outcome> {
    const model = await startMockModel();
    const crosspoint = await Crosspoint.start(mockProvider(model.origin));
    try {
      const { times, text, raw } = await talk(crosspoint);
      const [early, late] = [timeAround(times, 50), timeAround(times, turns - around)];
      const stored = await storedBytes(crosspoint);
      return {
        figures: [
          { name: 'turn 50, median', value: early, unit: 'ms' },
          { name: `turn ${turns}, median`, value: late, unit: 'ms' },
          { name: `turn ${turns} against turn 50`, value: late / early, unit: 'x', bar: 1.3 },
          {
            name: 'stored bytes against text',
            value: stored / raw,
            unit: 'x',
            bar: 3,
            detail: `${text} messages`,
          },
        ],
      };
    } finally {
      await crosspoint.remove();
      await model.close();
    }
  },
};

async function talk(crosspoint: Crosspoint) {
  const times: number[] = [];
  let threadId: string | undefined;
  for (let turn = 1; turn <= turns; turn += 1) {
    const message = `Turn ${turn}: ${paragraph(turn)} steps=1`;
    const startedAt = performance.now();
    const response = await crosspoint.request('POST', '/api/agent', {
      message,
      approvalMode: 'auto',
      ...(threadId ? { threadId } : {}),
    });
    const body = (await response.json()) as { threadId: string; response?: string };
    times.push(performance.now() - startedAt);
    if (!body.response) throw new Error(`Turn ${turn} did not end well: ${JSON.stringify(body)}`);
    threadId = body.threadId;
  }
  const view = (await (await crosspoint.request('GET', `/api/threads/${threadId}`)).json()) as {
    messages: { parts: unknown[] }[];
  };
  const raw = view.messages.reduce((sum, { parts }) => sum + Buffer.byteLength(JSON.stringify(parts)), 0);
  return { times, text: view.messages.length, raw };
}

/** Text of an ordinary message: 2,000 characters that do not repeat. */
function paragraph(seed: number): string {
  let state = seed * 2_654_435_761;
  const words = Array.from({ length: 320 }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state.toString(36);
  });
  return words.join(' ');
}

function timeAround(times: readonly number[], turn: number): number {
  return median(times.slice(turn - around, turn + around));
}

/** After a clean end the log of the database is part of the file. */
async function storedBytes(crosspoint: Crosspoint): Promise<number> {
  return folderBytes(crosspoint.dataDir);
}
