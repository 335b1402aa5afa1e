import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { ChunkedFile, EmbeddedFile, WorkspaceIndex } from '../types.ts';
import { hashFiles } from './file-hashes.ts';
import { listWorkspace, type Listing } from './list-files.ts';
import { readFiles, type ReadFile } from './read-files.ts';

/** Files that are read, cut and put into the index in one piece; a stop, or a crash, loses no more than one. */
const batchFiles = 64;
const batchBytes = 2_000_000;
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

/** Keeps the index of one workspace the same as its files. */
export class WorkspaceIndexer {
  readonly #parts: IndexerParts;
  /** What the index holds; null: not asked yet. */
  #indexed: Map<string, string> | null = null;
  /** The version of each file that is known to be what the index holds, or not worth to be in it. */
  readonly #seen = new Map<string, string>();
  readonly #stop = new AbortController();
  #token: string | null = null;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;
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
  async sync(sandbox: Sandbox, options: SyncOptions): Promise<void> {
    if (!this.#running) return this.#start(sandbox, options);
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = null;
        return this.#start(sandbox, options);
      });
    return this.#next;
  }

  /** One file, whose hash was found to be another than that of the index. */
  async refresh(file: ReadFile, signal: AbortSignal): Promise<void> {
    await this.#put([file], signal);
    this.#seen.delete(file.path);
    this.#token = null;
  }

  /** For good: its workspace goes. Resolves when nothing is written any more. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('The workspace was removed.'));
    await this.#running?.catch(() => undefined);
  }

  async #start(sandbox: Sandbox, options: SyncOptions): Promise<void> {
    const signal = AbortSignal.any([options.signal, this.#stop.signal]);
    this.#running = this.#sync(sandbox, signal, options.atLeast ?? 0);
    try {
      await this.#running;
    } catch (cause) {
      this.#token = null;
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
    const changedPaths = await this.#changed(sandbox, listing, indexed, signal);
    const files = listing.files.size;
    this.#state = {
      state: 'indexing',
      files,
      done: files - changedPaths.length,
      partial: listing.partial,
      problem: null,
    };
    for (const batch of batchesOf(changedPaths, listing)) {
      await this.#index(sandbox, batch, listing, signal);
      this.#state = { ...this.#state, done: this.#state.done + batch.length };
    }
    this.#token = token;
    this.#state = { ...this.#state, state: 'ready', done: files };
  }

  async #removeGone({ files, isWhole }: Listing, indexed: Map<string, string>): Promise<void> {
    // What was not listed may be there all the same.
    if (!isWhole) return;
    const gone = [...indexed.keys()].filter((path) => !files.has(path));
    if (gone.length) await this.#parts.index.removeFiles(gone);
    for (const path of gone) indexed.delete(path);
    for (const path of this.#seen.keys()) if (!files.has(path)) this.#seen.delete(path);
  }

  /** Paths of files that the index does not hold as they are. */
  async #changed(
    sandbox: Sandbox,
    { files }: Listing,
    indexed: ReadonlyMap<string, string>,
    signal: AbortSignal,
  ): Promise<string[]> {
    const unsure = [...files.values()].filter(
      ({ path, version }) => version === null || this.#seen.get(path) !== version,
    );
    const known = unsure.filter(({ path }) => indexed.has(path));
    if (known.length < fewFiles) return unsure.map(({ path }) => path);
    const paths = known.map(({ path }) => path);
    const hashes = await hashFiles(sandbox, paths, signal);
    const same = known.filter(({ path }) => hashes.get(path) === indexed.get(path));
    for (const { path, version } of same) if (version !== null) this.#seen.set(path, version);
    const unchanged = new Set(same);
    return unsure.filter((file) => !unchanged.has(file)).map(({ path }) => path);
  }

  async #index(sandbox: Sandbox, paths: readonly string[], { files }: Listing, signal: AbortSignal) {
    const read = await readFiles(sandbox, paths, signal);
    await this.#put(read, signal);
    // Written to while it was read: its version is another by now, and it comes again with the next round.
    for (const { path } of read) {
      const version = files.get(path)?.version;
      if (version) this.#seen.set(path, version);
    }
  }

  async #put(read: readonly ReadFile[], signal: AbortSignal): Promise<void> {
    const indexed = (this.#indexed ??= await this.#parts.index.files());
    const fresh = read.filter(({ path, hash, text }) => text !== null && indexed.get(path) !== hash);
    const binary = read
      .filter(({ path, text }) => text === null && indexed.has(path))
      .map(({ path }) => path);
    if (binary.length) await this.#parts.index.removeFiles(binary);
    for (const path of binary) indexed.delete(path);
    if (!fresh.length) return;
    const cut = await Promise.all(
      fresh.map(async ({ path, hash, text }) => ({
        path,
        hash,
        chunks: await this.#parts.chunk(path, text ?? ''),
      })),
    );
    await this.#parts.index.put(await this.#parts.embed(cut, signal));
    for (const { path, hash } of fresh) indexed.set(path, hash);
  }
}

function batchesOf(paths: readonly string[], { files }: Listing): string[][] {
  const batches: string[][] = [];
  let bytes = Infinity;
  for (const path of paths) {
    const size = files.get(path)?.size ?? 0;
    if (bytes + size > batchBytes || (batches.at(-1)?.length ?? 0) >= batchFiles) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1)?.push(path);
    bytes += size;
  }
  return batches;
}
