import type { Answer } from '#tests/upstreams/index.ts';
import type { Cell } from './cell.ts';

/** Brings a thread of `from` to the point at which `to` takes over, and lets it take over there. */
export interface MatrixState {
  name: string;
  /** What is spent on the first model can be counted: without a price no budget ends. */
  needsPrice?: true;
  /** The next model takes over in a window that the conversation does not fit. */
  small?: true;
  /** The server is killed between the two, once for all squares of this state. */
  crash?: true;
  /** It needs a call of the first model: without tools there is nothing to review. */
  needsCalls?: true;
  /** Up to the switch: what is stored at its end must be the same after it. */
  before(cell: Cell): Promise<unknown>;
  /** Default: a new message to the new model. */
  takeOver?(cell: Cell): Promise<unknown>;
}

const look = { name: 'list_files', args: {} };
const run = (word: string) => ({ name: 'run_terminal_command', args: { command: `echo ${word}` } });
/** Two halves, so that a request has the whole picture only where it has the image. */
const halves = [
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk',
  '+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
];
const drawing = `printf %s%s ${halves.join(' ')} | base64 -d > dot.png`;
const draw = { name: 'run_terminal_command', args: { command: drawing } };
const see = { name: 'read_file', args: { path: 'dot.png' } };

/** Longer than the small window, and no two lines of it alike. */
const story = Array.from(
  { length: 3_000 },
  (_none, line) => `In line ${line} they flew kite ${line * 7}.`,
).join(' ');

const works: Answer[] = [{ text: 'I look.', calls: [look] }, { text: 'Looked.' }];

async function newMessage(cell: Cell): Promise<unknown> {
  return cell.will({ text: 'I look as well.', calls: [look] }).say('Take over.', cell.to);
}

/** Up to a review of two calls beside one that needs none. */
function upToReview(cell: Cell): Promise<unknown> {
  return cell
    .will({ text: 'I run.', calls: [look, run('one'), run('two')] })
    .say('Run something.', cell.from, 'ask');
}

/** Decides the open review; the first model ends its turn. */
function decided(action: 'rejected' | 'edit') {
  return async (cell: Cell) => {
    await upToReview(cell);
    await cell.decide(action === 'edit' ? { action, edits: 'Do not; tell me why.' } : { action });
  };
}

function failing(answer: Answer) {
  return (cell: Cell) => cell.will({ calls: [look] }, answer).sayStreaming('Work until it fails.', cell.from);
}

export const matrixStates: MatrixState[] = [
  { name: 'finished turn', before: (cell) => cell.will(...works).say('Look.', cell.from) },
  {
    name: 'in a tool loop',
    needsCalls: true,
    async before(cell) {
      await upToReview(cell);
      await cell.switchTo(cell.to);
    },
    async takeOver(cell) {
      cell.will({ text: 'I go on.', calls: [look] });
      await cell.approveAll(await cell.decide({ action: 'approved' }));
    },
  },
  {
    name: 'review, change_model',
    needsCalls: true,
    before: upToReview,
    async takeOver(cell) {
      cell.will({ text: 'I go on.', calls: [look] });
      await cell.decide({ action: 'change_model', newModelConfig: cell.to.config });
    },
  },
  {
    name: 'parallel tools',
    before: (cell) =>
      cell
        .will({ text: 'All at once.', calls: [look, look, run('three')] }, { calls: [look, look] })
        .say('Look.', cell.from),
  },
  {
    name: 'images in results',
    before: (cell) => cell.will({ calls: [draw] }, { calls: [see] }).say('See.', cell.from),
  },
  { name: 'after reject', needsCalls: true, before: decided('rejected') },
  { name: 'after edit', needsCalls: true, before: decided('edit') },
  {
    name: 'after stop',
    async before(cell) {
      let stopped = false;
      cell.will({ text: 'slow word '.repeat(200), paceMs: 3 });
      await cell.sayStreaming('Write.', cell.from, async () => {
        if (!stopped) await cell.cancel();
        stopped = true;
      });
    },
  },
  {
    name: 'aborted stream',
    before: failing({ text: 'Half of it', fault: { kind: 'cut', after: 'text', how: 'reset' } }),
  },
  {
    name: 'after upstream error',
    before: failing({ fault: { kind: 'status', status: 400, message: 'It is refused.' } }),
  },
  {
    name: 'over window',
    small: true,
    before: (cell) => cell.will({ text: story }).say('Tell a story.', cell.from),
  },
  {
    name: 'after compaction',
    async before(cell) {
      await cell.will({ text: story }).say('Tell a story.', cell.from);
      await cell.will(...works).say('Look.', cell.from);
      await cell.compact();
      await cell.will(...works).say('Look again.', cell.from);
    },
  },
  {
    name: 'budget pause',
    needsPrice: true,
    async before(cell) {
      await cell.will(...works).say('Look.', cell.from);
      await cell.setBudget(1e-9);
      await cell.will().sayStreaming('And again.', cell.from);
    },
    async takeOver(cell) {
      await cell.setBudget(null);
      await newMessage(cell);
    },
  },
  {
    name: 'failover',
    before: (cell) => cell.will(...works).say('Look.', cell.from),
    async takeOver(cell) {
      // Of a whole answer nothing has come when it breaks off: it would be asked for again.
      const isWhole = cell.from.config.stream === false;
      const gone: Answer = isWhole
        ? { fault: { kind: 'status', status: 401 } }
        : { text: 'Half of it', fault: { kind: 'cut', after: 'text', how: 'reset' } };
      const first = cell.from.tools ? [{ calls: [look] }] : [];
      cell.will(...first, gone, { text: 'I go on.', calls: [look] });
      await cell.say('Work on.', cell.from, 'auto', [cell.to]);
    },
  },
  {
    name: 'after crash',
    crash: true,
    async before(cell) {
      await cell.will(...works).say('Look.', cell.from);
      await cell.will({ text: 'slow word '.repeat(2_000), paceMs: 200 }).begin('Write.', cell.from);
    },
  },
  {
    name: 'A → B → A',
    async before(cell) {
      await cell.will(...works).say('Look.', cell.from);
      await newMessage(cell);
      await cell.will(...works).say('Look again.', cell.from);
    },
  },
];

/** The switch itself, a turn of the new model with a call in it, and one more of the first. */
export async function switchAndBack(cell: Cell, state: MatrixState): Promise<void> {
  await (state.takeOver ?? newMessage)(cell);
  await cell.will().say('And you.', cell.from);
}
