import { Crosspoint } from '#tests/support/crosspoint.ts';
import { startProviders, type Received } from '#tests/upstreams/index.ts';
import { Cell, cellIdOf } from './cell.ts';
import { problemsOf } from './checks.ts';
import { ownProvider, type MatrixTarget } from './matrix-targets.ts';
import { switchAndBack, type MatrixState } from './states.ts';

export interface Square {
  from: MatrixTarget;
  to: MatrixTarget;
  state: MatrixState;
  /** null: there is nothing to try, because the first model has no tools. */
  problems: string[] | null;
}

export interface MatrixResult {
  squares: Square[];
  requests: number;
  seconds: number;
}

/** At most so many threads at once: the server is one process beside this one. */
const concurrency = 6;

export type Wanted = Omit<Square, 'problems'>;

/** Real Crosspoint in a process of its own against the strict emulators, one thread for each square. */
export async function runMatrix(wanted: readonly Wanted[]): Promise<MatrixResult> {
  const startedAt = performance.now();
  const cells = new Map<number, Cell>();
  /** One for all threads of a worker: a workspace is no part of what is tried. */
  const sandboxes = new Map<number, string>();
  const received = new Map<number, Received[]>();
  const providers = await startProviders({
    script: (asked) => {
      const cell = cells.get(cellIdOf({ bodyText: JSON.stringify(asked.body) }));
      if (!cell) throw new Error('a request of no cell');
      return cell.answer(asked);
    },
    chunking: 'whole',
  });
  const env = { ...providers.env(), ...ownProvider(providers.compatible.baseUrl, providers.gemini) };
  const crosspoint = await Crosspoint.start(env);
  try {
    const squares = await inParallel(wanted, async (square, id, worker): Promise<Square> => {
      if (square.state.needsCalls && !square.from.tools) return { ...square, problems: null };
      const cell = new Cell(crosspoint, id, square, sandboxes.get(worker));
      cells.set(id, cell);
      const own = () => requestsOf(providers.requests, id, received);
      const problems = await tried(cell, square.state, own);
      if (!sandboxes.has(worker)) sandboxes.set(worker, cell.threadId);
      return { ...square, problems };
    });
    const seconds = (performance.now() - startedAt) / 1_000;
    for (const mistake of providers.mistakes) throw new Error('the script failed', { cause: mistake });
    return { squares, requests: providers.requests.length, seconds };
  } finally {
    await crosspoint.remove();
    await providers.close();
  }
}

async function tried(cell: Cell, state: MatrixState, requests: () => Received[]): Promise<string[]> {
  try {
    await state.before(cell);
    const { messages: before } = await cell.thread();
    const asked = requests().length;
    await switchAndBack(cell, state);
    const { messages: after } = await cell.thread();
    return problemsOf(cell, requests(), before, after, asked);
  } catch (cause) {
    const refused = requests().flatMap(({ refusal }) => refusal ?? []);
    return [...refused.map((refusal) => `refused: ${refusal}`), String(cause)];
  }
}

/** Sorts what came since the last look, so that no request is searched twice. */
function requestsOf(all: readonly Received[], id: number, sorted: Map<number, Received[]>): Received[] {
  const done = [...sorted.values()].reduce((sum, list) => sum + list.length, 0);
  for (const request of all.slice(done)) {
    const of = cellIdOf(request);
    sorted.set(of, [...(sorted.get(of) ?? []), request]);
  }
  return sorted.get(id) ?? [];
}

async function inParallel<Item, Result>(
  items: readonly Item[],
  run: (item: Item, index: number, worker: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.map((item, index) => ({ item, index }));
  const worker = async (_none: unknown, number: number) => {
    for (let next = queue.shift(); next; next = queue.shift())
      results[next.index] = await run(next.item, next.index, number);
  };
  await Promise.all(Array.from({ length: concurrency }).map(worker));
  return results;
}
