import { Crosspoint } from '#tests/support/crosspoint.ts';
import { folderBytes, mockProvider } from './support/process.ts';
import { median, type Benchmark, type Outcome } from './support/figures.ts';
import { startMockModel, uniqueText } from './support/mock-model.ts';

const turns = 800;
/** Turns on each side of the one that is asked for. */
const around = 15;
/** Enough for the fixed size of the files not to count. */
const talkTurns = 150;

/** Does a turn of a long thread cost more, and does the record grow beyond its text? */
export const longThread: Benchmark = {
  name: 'long thread',
  async run(): Promise<Outcome> {
    const [early, late] = await turnTimes();
    return {
      figures: [
        { name: 'turn 50, median', value: early, unit: 'ms' },
        { name: `turn ${turns}, median`, value: late, unit: 'ms' },
        { name: `turn ${turns} against turn 50`, value: late / early, unit: 'x', bar: 1.3 },
        { name: 'stored bytes against text', value: await storedRatio(), unit: 'x', bar: 3 },
      ],
    };
  },
};

/** Two requests to the model and one command a turn, all of it committed. Gives the times around turn 50 and turn 800. */
async function turnTimes(): Promise<[number, number]> {
  const times: number[] = [];
  await talk(turns, (turn) => `Turn ${turn}. steps=1`, times);
  const timeAround = (turn: number) => median(times.slice(turn - around, turn + around));
  return [timeAround(50), timeAround(turns - around)];
}

/** Turns of a real size: 2 kB of words, 10 kB of output, 2 kB of answer. */
async function storedRatio(): Promise<number> {
  const { stored, text } = await talk(talkTurns, () => `shape=talk steps=1 ${uniqueText(2_000)}`);
  return stored / text;
}

async function talk(count: number, message: (turn: number) => string, times: number[] = []) {
  const model = await startMockModel();
  const crosspoint = await Crosspoint.start(mockProvider(model.origin));
  try {
    let threadId: string | undefined;
    for (let turn = 1; turn <= count; turn += 1) {
      const startedAt = performance.now();
      const thread = threadId ? { threadId } : {};
      const answer = await crosspoint.say({ message: message(turn), approvalMode: 'auto', ...thread });
      times.push(performance.now() - startedAt);
      if (!('response' in answer))
        throw new Error(`Turn ${turn} did not end well: ${JSON.stringify(answer)}`);
      threadId = answer.threadId;
    }
    const { messages } = await crosspoint.thread(threadId ?? '');
    const text = messages.reduce((sum, { parts }) => sum + Buffer.byteLength(JSON.stringify(parts)), 0);
    // After a clean end the logs of the databases are part of their files.
    await crosspoint.stop();
    return { stored: folderBytes(crosspoint.dataDir, /\.db/), text };
  } finally {
    await crosspoint.remove();
    await model.close();
  }
}
