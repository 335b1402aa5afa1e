import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { ChunkedFile, EmbeddedFile, WorkspaceIndex } from '../types.ts';
import { hashFiles } from './file-hashes.ts';
import { listWorkspace, type ListedFile, type Listing } from './list-files.ts';
import { readInBatches, type Batch, type ReadFile } from './read-files.ts';
import { withFrugalHeap } from './frugal-heap.ts';

/** Below this many files, reading them is as quick as asking for their hashes. */
const fewFiles = 24;

export interface IndexState {
  state: 'new' | 'indexing' | 'ready' | 'failed';
  /** Files of the workspace that belong into the index, and those that are in it. */
  files: number;
  done: number;
  /** Why not all files of the workspace are among them, a sentence each. */
  partial: string[];
  /** Why the last attempt failed. */
  problem: string | null;
}

/** Of a workspace that this process has not looked at yet. */
export const newIndex: IndexState = { state: 'new', files: 0, done: 0, partial: [], problem: null };

export interface IndexerParts {
  index: WorkspaceIndex;
  chunk(path: string, text: string): Promise<ChunkedFile['chunks']>;
  /** With vectors, where an embedding model is configured. */
  embed(files: readonly ChunkedFile[], signal: AbortSignal): Promise<readonly EmbeddedFile[]>;
}

export interface SyncOptions {
  signal: AbortSignal;
  /** A new index of fewer files is left to the first search, which makes it as quickly. */
  atLeast?: number;
}

interface Round {
  done: Promise<void>;
  options: SyncOptions;
}

/**
 * Keeps the index of one workspace the same as its files. What the store says it holds is the truth: whatever was cut off,
 * replaced or moved, the next round finds what is different by the hashes of the files.
 */
export class WorkspaceIndexer {
  readonly #parts: IndexerParts;
  /** What the index holds; null: not asked yet. */
  #indexed: Map<string, string> | null = null;
  /** What was in a file when it had this version: its hash; null: nothing that belongs into the index. */
  readonly #seen = new Map<string, { version: string; hash: string | null }>();
  readonly #stop = new AbortController();
  #token: string | null = null;
  #running: Promise<void> | null = null;
  /** The round after the one that runs. */
  #next: Round | null = null;
  /** One writes to the index at a time. */
  #writing: Promise<unknown> = Promise.resolve();
  #state = newIndex;

  constructor(parts: IndexerParts) {
    this.#parts = parts;
  }

  get state(): IndexState {
    return this.#state;
  }

  /**
   * Resolves when the index holds every file as it was when this was called. Who calls while it runs waits for a second
   * round, which is the same for all of them.
   */
  sync(sandbox: Sandbox, options: SyncOptions): Promise<void> {
    if (!this.#running) return this.#start(sandbox, options);
    if (this.#next) {
      // What one of them needs is done for all.
      const atLeast = Math.min(this.#next.options.atLeast ?? 0, options.atLeast ?? 0);
      this.#next.options = { ...options, atLeast };
      return this.#next.done;
    }
    const next: Round = {
      options,
      done: this.#running
        .catch(() => undefined)
        .then(() => {
          this.#next = null;
          return this.#start(sandbox, next.options);
        }),
    };
    this.#next = next;
    return next.done;
  }

  /** Files that were found to be others than those in the index, or to be gone. */
  async refresh(changed: readonly ReadFile[], gone: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#alone(async () => {
      await this.#put(changed, await this.#cut(changed, signal), signal);
      await this.#remove(gone);
    });
    for (const { path } of changed) this.#seen.delete(path);
    this.#token = null;
  }

  /** The store may hold something else than it did, or nothing: the next round asks it. */
  doubt(): void {
    this.#token = null;
    this.#indexed = null;
  }

  /** For good: its workspace goes. Resolves when nothing is written any more. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('The workspace was removed.'));
    await this.#next?.done.catch(() => undefined);
    await this.#running?.catch(() => undefined);
    await this.#writing.catch(() => undefined);
  }

  async #start(sandbox: Sandbox, options: SyncOptions): Promise<void> {
    const signal = AbortSignal.any([options.signal, this.#stop.signal]);
    this.#running = this.#sync(sandbox, signal, options.atLeast ?? 0);
    try {
      await this.#running;
    } catch (cause) {
      this.doubt();
      const problem = signal.aborted ? null : (cause as Error).message;
      this.#state = { ...this.#state, state: problem === null ? 'new' : 'failed', problem };
      throw cause;
    } finally {
      this.#running = null;
    }
  }

  async #sync(sandbox: Sandbox, signal: AbortSignal, atLeast: number): Promise<void> {
    signal.throwIfAborted();
    const { token, changed } = await sandbox.files.changedSince(this.#token);
    if (!changed) return;
    const listing = await listWorkspace(sandbox, signal);
    const indexed = (this.#indexed ??= await this.#parts.index.files());
    if (indexed.size === 0 && listing.files.size < atLeast) return;
    await this.#removeGone(listing, indexed);
    const paths = await this.#changed(sandbox, listing, indexed, signal);
    const files = listing.files.size;
    const { partial } = listing;
    this.#state = { state: 'indexing', files, done: files - paths.length, partial, problem: null };
    await withFrugalHeap(() => this.#index(sandbox, paths, listing, signal));
    this.#token = token;
    this.#state = { ...this.#state, state: 'ready', done: files };
  }

  async #removeGone({ files, isWhole }: Listing, indexed: ReadonlyMap<string, string>): Promise<void> {
    // What was not listed may be there all the same.
    if (!isWhole) return;
    await this.#alone(() => this.#remove([...indexed.keys()].filter((path) => !files.has(path))));
    for (const path of this.#seen.keys()) if (!files.has(path)) this.#seen.delete(path);
  }

  /** Paths of files that the index does not hold as they are. */
  async #changed(
    sandbox: Sandbox,
    { files }: Listing,
    indexed: ReadonlyMap<string, string>,
    signal: AbortSignal,
  ): Promise<string[]> {
    const isAsIndexed = ({ path, version }: ListedFile) => {
      const seen = this.#seen.get(path);
      return seen?.version === version && (seen.hash === null || seen.hash === indexed.get(path));
    };
    const unsure = [...files.values()].filter((file) => !isAsIndexed(file));
    const known = unsure.filter(({ path }) => indexed.has(path));
    if (known.length < fewFiles) return unsure.map(({ path }) => path);
    const paths = known.map(({ path }) => path);
    const hashes = await hashFiles(sandbox, paths, signal);
    const same = known.filter(({ path }) => hashes.get(path) === indexed.get(path));
    for (const file of same) this.#see(file, indexed.get(file.path) ?? null);
    const unchanged = new Set(same);
    return unsure.filter((file) => !unchanged.has(file)).map(({ path }) => path);
  }

  #see(file: ListedFile | undefined, hash: string | null): void {
    if (file && file.version !== null) this.#seen.set(file.path, { version: file.version, hash });
  }

  /** While one batch is written, the next is cut, and the one after it read. */
  async #index(sandbox: Sandbox, paths: readonly string[], { files }: Listing, signal: AbortSignal) {
    const sizeOf = (path: string) => files.get(path)?.size ?? 0;
    let writing = Promise.resolve();
    const write = async ({ asked, read }: Batch, cut: readonly EmbeddedFile[]) => {
      await this.#alone(() => this.#put(read, cut, signal));
      // Written to while it was read: its version is another by now, and it comes again with the next round.
      for (const { path, hash, text } of read) this.#see(files.get(path), text === null ? null : hash);
      this.#state = { ...this.#state, done: this.#state.done + asked };
    };
    try {
      for await (const batch of readInBatches(sandbox, paths, sizeOf, signal)) {
        const cut = await this.#cut(batch.read, signal);
        await writing;
        writing = write(batch, cut);
        // It is looked at with the next batch, and must not be an unhandled one until then.
        writing.catch(() => undefined);
      }
    } finally {
      await writing;
    }
  }

  /** Of the files that the index does not hold as they were read: their chunks, with vectors. */
  async #cut(read: readonly ReadFile[], signal: AbortSignal): Promise<readonly EmbeddedFile[]> {
    const indexed = (this.#indexed ??= await this.#parts.index.files());
    const fresh = read.filter(({ path, hash, text }) => text !== null && indexed.get(path) !== hash);
    const cut = await Promise.all(
      fresh.map(async ({ path, hash, text }) => ({
        path,
        hash,
        chunks: await this.#parts.chunk(path, text ?? ''),
      })),
    );
    return cut.length ? this.#parts.embed(cut, signal) : [];
  }

  async #put(read: readonly ReadFile[], cut: readonly EmbeddedFile[], signal: AbortSignal): Promise<void> {
    const indexed = (this.#indexed ??= await this.#parts.index.files());
    await this.#remove(read.filter(({ text }) => text === null).map(({ path }) => path));
    signal.throwIfAborted();
    if (!cut.length) return;
    await this.#parts.index.put(cut);
    for (const { path, hash } of cut) indexed.set(path, hash);
  }

  async #remove(paths: readonly string[]): Promise<void> {
    const indexed = (this.#indexed ??= await this.#parts.index.files());
    const gone = paths.filter((path) => indexed.has(path));
    if (gone.length) await this.#parts.index.removeFiles(gone);
    for (const path of gone) indexed.delete(path);
  }

  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = this.#writing.then(work, work);
    this.#writing = mine;
    mine.catch(() => undefined);
    return mine;
  }
}
