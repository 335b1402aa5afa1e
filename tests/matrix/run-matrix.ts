import { Crosspoint } from '#tests/support/crosspoint.ts';
import { startProviders, type Answer, type Asked, type Received } from '#tests/upstreams/index.ts';
import { Cell, cellIdOf, isSummary } from './cell.ts';
import { problemsOf } from './checks.ts';
import { matrixTargets, ownProvider, smallOf, smallWindow, type MatrixTarget } from './matrix-targets.ts';
import { switchAndBack, type MatrixState } from './states.ts';

export interface Square {
  from: MatrixTarget;
  to: MatrixTarget;
  state: MatrixState;
  /** null: there is nothing to try, because the first model has no tools, or no price. */
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

/** Two results as one. */
export function together(first: MatrixResult, second: MatrixResult): MatrixResult {
  return {
    squares: [...first.squares, ...second.squares],
    requests: first.requests + second.requests,
    seconds: first.seconds + second.seconds,
  };
}

/** Real Crosspoint in a process of its own against the strict emulators, one thread for each square. */
export async function runMatrix(wanted: readonly Wanted[]): Promise<MatrixResult> {
  const startedAt = performance.now();
  const cells = new Map<number, Cell>();
  const providers = await startProviders({ script: (asked) => answerOf(cells, asked), chunking: 'whole' });
  for (const { small } of matrixTargets) providers.windows.set(small, smallWindow);
  const env = { ...providers.env(), ...ownProvider(providers.compatible.baseUrl, providers.gemini) };
  const crosspoint = await Crosspoint.start(env);
  try {
    const squares = await new Run(crosspoint, providers.requests, cells).squares(wanted);
    const seconds = (performance.now() - startedAt) / 1_000;
    for (const mistake of providers.mistakes) throw new Error('the script failed', { cause: mistake });
    return { squares, requests: providers.requests.length, seconds };
  } finally {
    await crosspoint.remove();
    await providers.close();
  }
}

function answerOf(cells: ReadonlyMap<number, Cell>, asked: Asked): Answer {
  if (isSummary(asked.system)) return { text: 'They told a story about kites.' };
  const cell = cells.get(cellIdOf({ bodyText: JSON.stringify(asked.body) }));
  if (!cell) throw new Error('a request of no cell');
  return cell.answer(asked);
}

/** A square on its way: what went wrong up to the switch, if something did. */
interface Begun {
  square: Wanted;
  cell: Cell;
  failure: string | null;
}

class Run {
  readonly #crosspoint: Crosspoint;
  readonly #requests: readonly Received[];
  readonly #cells: Map<number, Cell>;
  /** One for all threads of a worker: a workspace is no part of what is tried. */
  readonly #sandboxes = new Map<number, string>();
  readonly #sorted = new Map<number, Received[]>();

  constructor(crosspoint: Crosspoint, requests: readonly Received[], cells: Map<number, Cell>) {
    this.#crosspoint = crosspoint;
    this.#requests = requests;
    this.#cells = cells;
  }

  async squares(wanted: readonly Wanted[]): Promise<Square[]> {
    const possible = wanted.filter(isPossible);
    const rest = wanted.filter((square) => !isPossible(square));
    const crash = possible.filter(({ state }) => state.crash);
    const done = await inParallel(
      possible.filter(({ state }) => !state.crash),
      async (square, worker) => this.#end(await this.#begin(square, worker)),
    );
    const begun = await inParallel(crash, (square, worker) => this.#begin(square, worker));
    if (begun.length) {
      await this.#crosspoint.kill();
      await this.#crosspoint.restart();
    }
    const crashed = await inParallel(begun, (each) => this.#end(each));
    return [...done, ...crashed, ...rest.map((square) => ({ ...square, problems: null }))];
  }

  async #begin(square: Wanted, worker: number): Promise<Begun> {
    const to = square.state.small ? smallOf(square.to) : square.to;
    const id = this.#cells.size + 1;
    const cell = new Cell(this.#crosspoint, id, { from: square.from, to }, this.#sandboxes.get(worker));
    this.#cells.set(id, cell);
    const failure = await square.state.before(cell).then(() => null, String);
    if (!this.#sandboxes.has(worker)) this.#sandboxes.set(worker, cell.threadId);
    return { square, cell, failure };
  }

  async #end({ square, cell, failure }: Begun): Promise<Square> {
    if (failure !== null) return { ...square, problems: [...this.#refusals(cell), failure] };
    try {
      const { messages: before } = await cell.thread();
      const asked = this.#of(cell).length;
      await switchAndBack(cell, square.state);
      const after = await cell.thread();
      const seen = { requests: this.#of(cell), before, after, asked };
      return { ...square, problems: problemsOf(cell, square.state, seen) };
    } catch (cause) {
      return { ...square, problems: [...this.#refusals(cell), String(cause)] };
    }
  }

  #refusals(cell: Cell): string[] {
    return this.#of(cell).flatMap(({ refusal }) => (refusal === undefined ? [] : [`refused: ${refusal}`]));
  }

  /** Turns of the cell's conversation that models were asked for. */
  #of(cell: Cell): Received[] {
    return requestsOf(this.#requests, cell.id, this.#sorted);
  }
}

/** Without tools there is nothing to review, without a price nothing to spend. */
function isPossible({ state, from }: Wanted): boolean {
  return (!state.needsCalls || from.tools) && (!state.needsPrice || from.priced);
}

/** Where requests are put that are no turn. */
const summaries = -2;

/** Sorts what came since the last look, so that no request is searched twice. */
function requestsOf(all: readonly Received[], id: number, sorted: Map<number, Received[]>): Received[] {
  const done = [...sorted.values()].reduce((sum, list) => sum + list.length, 0);
  for (const request of all.slice(done)) {
    const of = isSummary(request.bodyText) ? summaries : cellIdOf(request);
    sorted.set(of, [...(sorted.get(of) ?? []), request]);
  }
  return sorted.get(id) ?? [];
}

async function inParallel<Item, Result>(
  items: readonly Item[],
  run: (item: Item, worker: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.map((item, index) => ({ item, index }));
  const worker = async (_none: unknown, number: number) => {
    for (let next = queue.shift(); next; next = queue.shift())
      results[next.index] = await run(next.item, number);
  };
  await Promise.all(Array.from({ length: concurrency }).map(worker));
  return results;
}
