import { setTimeout as sleep } from 'node:timers/promises';
import { CrosspointError } from '#protocol/errors.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { CodeAnswer, CodeQuestion, CodeSearchParts } from './code-search.types.ts';
import { excerptsOf } from './excerpts.ts';
import { newIndex, WorkspaceIndexer, type IndexState } from './indexer/workspace-indexer.ts';
import { PendingRemovals } from './pending-removals.ts';
import { rank } from './rank/rank.ts';
import type { CodeStore } from './types.ts';

/** Milliseconds that a search waits for the index of a workspace that it was never asked for, and for one that it was. */
const firstWaitMs = 20_000;
const laterWaitMs = 5_000;
/** Milliseconds after a change before the index follows: several calls in a row are one change. */
const followAfterMs = 1_500;
/** A new index of fewer files waits for the first search. */
const manyFiles = 200;
/** Of a search: files may change while it runs. */
const rounds = 3;
/** Of which the ranking makes its choice. */
export const candidateCount = 300;

/** Finds code by meaning in the workspaces of threads. One for each server. */
export class CodeSearch {
  readonly #parts: CodeSearchParts;
  readonly #closing = new AbortController();
  readonly #indexers = new Map<string, WorkspaceIndexer>();
  readonly #following = new Map<string, NodeJS.Timeout>();
  readonly #work = new Set<Promise<unknown>>();
  readonly #removals: PendingRemovals;
  /** Something may be left to remove: by the process before this one, too. */
  #hasRemovals = true;

  constructor(parts: CodeSearchParts) {
    this.#parts = parts;
    this.#removals = new PendingRemovals(parts.settings);
  }

  /** @throws `code_search_unavailable` when no store answers; what the sandbox throws */
  async search(question: CodeQuestion): Promise<CodeAnswer> {
    const { store, fallback } = this.#parts;
    try {
      const answer = await this.#searchIn(store, question);
      void this.#track(this.#removeRest());
      return answer;
    } catch (cause) {
      if (isUnavailable(cause)) this.#indexer(store, question.workspaceId).doubt();
      if (!fallback || !isUnavailable(cause)) throw cause;
      this.#parts.logger.warn({ cause }, 'the store of the code search did not answer');
      const answer = await this.#searchIn(fallback, question);
      const note = 'Qdrant did not answer: the embedded index was searched, by words alone.';
      return { ...answer, notes: [note, ...answer.notes] };
    }
  }

  /** Brings the index up to date in the background, soon. */
  follow(workspaceId: string, sandbox: Sandbox): void {
    clearTimeout(this.#following.get(workspaceId));
    const timer = setTimeout(() => {
      this.#following.delete(workspaceId);
      void this.#track(this.#catchUp(workspaceId, sandbox));
    }, followAfterMs).unref();
    this.#following.set(workspaceId, timer);
  }

  /** How far the index of a workspace is. */
  state(workspaceId: string): IndexState {
    return this.#indexers.get(keyOf(this.#parts.store, workspaceId))?.state ?? newIndex;
  }

  /** With the workspace: nothing of it stays. From a store that does not answer it is removed as soon as it does. */
  async remove(workspaceId: string): Promise<void> {
    clearTimeout(this.#following.get(workspaceId));
    // Written first: a process that ends in the middle has not forgotten it.
    await this.#removals.add(workspaceId);
    this.#hasRemovals = true;
    for (const store of this.#stores()) {
      await this.#indexers.get(keyOf(store, workspaceId))?.stop();
      this.#indexers.delete(keyOf(store, workspaceId));
    }
    await this.#removeFromStores(workspaceId);
  }

  #stores(): CodeStore[] {
    return [this.#parts.store, this.#parts.fallback].filter((store) => store !== null);
  }

  /** @returns whether they answered */
  async #removeFromStores(workspaceId: string): Promise<boolean> {
    try {
      for (const store of this.#stores()) await store.removeWorkspace(workspaceId);
      await this.#removals.done(workspaceId);
      return true;
    } catch (cause) {
      this.#parts.logger.warn({ workspaceId, cause }, 'an index is removed as soon as its store answers');
      return false;
    }
  }

  /** After a store has answered. */
  async #removeRest(): Promise<void> {
    if (!this.#hasRemovals) return;
    this.#hasRemovals = false;
    for (const workspaceId of await this.#removals.list()) {
      if (await this.#removeFromStores(workspaceId)) continue;
      this.#hasRemovals = true;
      return;
    }
  }

  async close(): Promise<void> {
    for (const timer of this.#following.values()) clearTimeout(timer);
    this.#closing.abort(new Error('The server stops.'));
    await Promise.allSettled(this.#work);
    await this.#parts.chunker.close();
    await this.#parts.store.close();
    await this.#parts.fallback?.close();
  }

  async #searchIn(store: CodeStore, question: CodeQuestion): Promise<CodeAnswer> {
    const { sandbox, workspaceId, text, limit, signal } = question;
    const indexer = this.#indexer(store, workspaceId);
    const notes = await this.#waitFor(indexer, question);
    const vector = await this.#vectorOf(store, question, notes);
    const find = async () => {
      const query = { text, limit: candidateCount, ...(vector ? { vector } : {}) };
      return rank(text, await store.workspace(workspaceId).candidates(query), limit);
    };
    for (let round = 1; ; round += 1) {
      const { hits, changed, gone } = await excerptsOf(sandbox, await find());
      if (round === rounds || changed.length + gone.length === 0) return { hits, notes };
      // Changed between the last look and this one, or not looked at yet: of those files nothing old is shown.
      await indexer.refresh(changed, gone, signal);
    }
  }

  async #waitFor(indexer: WorkspaceIndexer, { sandbox, signal }: CodeQuestion): Promise<string[]> {
    const isFirst = indexer.state.state === 'new';
    const syncing = this.#track(indexer.sync(sandbox, { signal: this.#closing.signal }));
    const timer = new AbortController();
    const late = sleep(isFirst ? firstWaitMs : laterWaitMs, 'late', {
      signal: AbortSignal.any([signal, timer.signal]),
    });
    late.catch(() => undefined);
    const isLate = await Promise.race([syncing, late])
      .then((first) => first === 'late')
      .finally(() => timer.abort());
    const { done, files, partial } = indexer.state;
    if (!isLate) return [...partial];
    const far = files > 0 ? `${done} of ${files} files are in it` : 'the files are being listed';
    return [`The index is not complete yet: ${far}. Search again later, or use search_text.`, ...partial];
  }

  /** A model of vectors that does not answer takes nothing away: the words are searched. */
  async #vectorOf(store: CodeStore, { text, asked, signal }: CodeQuestion, notes: string[]) {
    if (!this.#parts.vectors || store !== this.#parts.store) return null;
    try {
      return await this.#parts.vectors.ofQuery(text, asked, signal);
    } catch (cause) {
      if (signal.aborted || !(cause instanceof CrosspointError)) throw cause;
      notes.push(`The embedding model did not answer (${cause.message}): searched by words alone.`);
      return null;
    }
  }

  async #catchUp(workspaceId: string, sandbox: Sandbox): Promise<void> {
    try {
      const indexer = this.#indexer(this.#parts.store, workspaceId);
      await indexer.sync(sandbox, { signal: this.#closing.signal, atLeast: manyFiles });
      await this.#removeRest();
    } catch (cause) {
      if (!this.#closing.signal.aborted)
        this.#parts.logger.warn(
          { workspaceId, cause },
          'a workspace was not indexed; the next search tries again',
        );
    }
  }

  #track<Result>(work: Promise<Result>): Promise<Result> {
    const settled = work.then(
      () => undefined,
      () => undefined,
    );
    this.#work.add(settled);
    void settled.then(() => this.#work.delete(settled));
    return work;
  }

  #indexer(store: CodeStore, workspaceId: string): WorkspaceIndexer {
    const key = keyOf(store, workspaceId);
    const known = this.#indexers.get(key);
    if (known) return known;
    const { chunker, vectors } = this.#parts;
    const indexer = new WorkspaceIndexer({
      index: store.workspace(workspaceId),
      chunk: (path, text) => chunker.chunk(path, text),
      embed: (files, signal) =>
        vectors && store === this.#parts.store ? vectors.ofFiles(files, signal) : Promise.resolve(files),
    });
    this.#indexers.set(key, indexer);
    return indexer;
  }
}

function keyOf(store: CodeStore, workspaceId: string): string {
  return `${store.name} ${workspaceId}`;
}

function isUnavailable(cause: unknown): boolean {
  return cause instanceof CrosspointError && cause.code === 'code_search_unavailable';
}
