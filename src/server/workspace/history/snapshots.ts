import { CrosspointError } from '#protocol/errors.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { StoreTables } from '#server/store/store.ts';
import type { SnapshotRow } from '#server/store/workspaces.types.ts';
import type { SnapshotReason, SnapshotView } from '../types.ts';
import { isWithoutHistory, runOperation } from './operation.ts';
import type { HistoryLogger, Recorder } from './recorder.ts';
import { SnapshotFiles } from './snapshot-files.ts';

/** Links of a chain after which the next one is whole again: each has to be there for a restore. */
const longestChain = 20;
/** What the links after the whole one may be together, as a multiple of it. */
const largestChain = 2;
const day = 24 * 60 * 60 * 1000;
/** Milliseconds without use after which those of a sandbox go whose workspace is on this machine anyway. */
const unusedMs = 90 * day;
/** Bytes of all snapshots: beyond it those of this machine's sandboxes go, the longest unused first. */
const mostBytes = 10 * 1024 ** 3;

/** Copies of workspaces outside of their sandboxes: chains of git bundles that are made and read inside. */
export class Snapshots {
  readonly #store: StoreTables;
  readonly #recorder: Recorder;
  readonly #files: SnapshotFiles;
  readonly #logger: HistoryLogger;

  constructor(store: StoreTables, recorder: Recorder, dataDir: string, logger: HistoryLogger) {
    this.#store = store;
    this.#recorder = recorder;
    this.#files = new SnapshotFiles(dataDir);
    this.#logger = logger;
  }

  async save(sandbox: Sandbox, id: string, why: SnapshotReason): Promise<SnapshotView | null> {
    try {
      return await this.#save(sandbox, id, why);
    } catch (cause) {
      if (isWithoutHistory(cause) && sandbox.durability === 'host') return null;
      if (cause instanceof CrosspointError && cause.code !== 'no_history') throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CrosspointError('snapshot_failed', { reason }, { cause });
    }
  }

  /** A restore that was cut off is repeated from its beginning. @throws `snapshot_failed` */
  async restore(sandbox: Sandbox, id: string): Promise<SnapshotView | null> {
    const chain = await this.#chain(id);
    const last = chain.at(-1);
    if (!last) return null;
    const names = chain.map(({ id: link }) => fileName(link));
    for (const [index, name] of names.entries()) {
      if (!(await this.#files.isWhole(id, name, chain[index]?.sha256 ?? '')))
        throw new CrosspointError('snapshot_failed', { reason: `${name} of the snapshot is damaged.` });
      await sandbox.scratch.write(name, this.#files.read(id, name));
    }
    await runOperation(sandbox, 'restore', { env: { SNAPSHOT: last.commit }, input: names });
    for (const name of names) await sandbox.scratch.remove(name);
    this.#recorder.forget(sandbox);
    return viewOf(last);
  }

  async snapshot(id: string): Promise<SnapshotView | null> {
    const last = (await this.#store.workspaces.snapshots(id)).at(-1);
    return last ? viewOf(last) : null;
  }

  forget(id: string): Promise<void> {
    return this.#files.removeAll(id);
  }

  /** The policy is stated in docs/workspace.md. */
  async collect(now: number = Date.now()): Promise<{ bytes: number; snapshots: number }> {
    const known = await this.#store.workspaces.snapshotThreads();
    await this.#removeStrays(new Set(known.map(({ threadId }) => threadId)));
    const sized: { id: string; bytes: number; count: number; lastUsedAt: number; isSpare: boolean }[] = [];
    for (const { threadId, lastUsedAt, provider } of known) {
      const rows = await this.#store.workspaces.snapshots(threadId);
      const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
      const used = Date.parse(lastUsedAt);
      sized.push({
        id: threadId,
        bytes,
        count: rows.length,
        lastUsedAt: used,
        isSpare: provider === 'local',
      });
    }
    let bytes = sized.reduce((sum, each) => sum + each.bytes, 0);
    let snapshots = sized.reduce((sum, each) => sum + each.count, 0);
    for (const each of sized.toSorted((left, right) => left.lastUsedAt - right.lastUsedAt)) {
      if (!each.isSpare || (now - each.lastUsedAt < unusedMs && bytes <= mostBytes)) continue;
      await this.#removeLinks(each.id, await this.#store.workspaces.snapshots(each.id));
      bytes -= each.bytes;
      snapshots -= each.count;
    }
    return { bytes, snapshots };
  }

  async #save(sandbox: Sandbox, id: string, why: SnapshotReason): Promise<SnapshotView | null> {
    const chain = await this.#chain(id);
    const { leftOut } = await this.#recorder.record(sandbox);
    const fields = await runOperation(sandbox, 'save', { env: { BASE: this.#baseFor(chain)?.commit ?? '' } });
    const made = readSave(fields);
    if (!made) return null;
    const base = chain.find(({ commit }) => commit === made.base) ?? null;
    const link =
      (await this.#store.workspaces.snapshots(id)).reduce((last, row) => Math.max(last, row.id), 0) + 1;
    const written = await this.#files.write(id, fileName(link), sandbox.scratch.read('save.bundle'));
    await sandbox.scratch.remove('save.bundle');
    const row: SnapshotRow = {
      threadId: id,
      id: link,
      commit: made.commit,
      baseId: base?.id ?? null,
      ...written,
      leftOut: [...new Set([...leftOut, ...made.leftOut])],
      why,
      createdAt: new Date().toISOString(),
    };
    await this.#store.workspaces.addSnapshot(row);
    // What the new chain has all of is not needed any more.
    if (!base && chain.length > 0) await this.#removeLinks(id, chain);
    return viewOf(row);
  }

  /** The links of the newest snapshot, the whole one first. */
  async #chain(id: string): Promise<SnapshotRow[]> {
    const rows = new Map((await this.#store.workspaces.snapshots(id)).map((row) => [row.id, row]));
    const chain: SnapshotRow[] = [];
    for (let row = [...rows.values()].at(-1); row; row = rows.get(row.baseId ?? -1)) chain.unshift(row);
    if (chain.length > 0 && chain[0]?.baseId !== null) {
      this.#logger.warn({ sandbox: id }, 'a snapshot is not whole');
      return [];
    }
    return chain;
  }

  /** What the next one builds on; null: it is a whole one. */
  #baseFor(chain: readonly SnapshotRow[]): SnapshotRow | null {
    const [whole, ...links] = chain;
    const bytes = links.reduce((sum, link) => sum + link.bytes, 0);
    if (!whole || chain.length >= longestChain) return null;
    if (links.length > 2 && bytes > largestChain * whole.bytes) return null;
    return chain.at(-1) ?? null;
  }

  /** Rows first: a file without a row is a stray, a row without its file would be a snapshot that cannot be restored. */
  async #removeLinks(id: string, rows: readonly SnapshotRow[]): Promise<void> {
    const links = rows.map((row) => row.id);
    await this.#store.workspaces.removeSnapshots(id, links);
    for (const link of links) await this.#files.remove(id, fileName(link));
  }

  /** Of sandboxes that no thread has any more, and of saves that were cut off. */
  async #removeStrays(known: ReadonlySet<string>): Promise<void> {
    for (const id of await this.#files.sandboxIds()) {
      if (!known.has(id)) {
        await this.#files.removeAll(id);
        continue;
      }
      const names = new Set((await this.#store.workspaces.snapshots(id)).map((row) => fileName(row.id)));
      const newest = Math.max(...[...names].map((name) => Number.parseInt(name, 10)));
      for (const name of await this.#files.names(id))
        // One that is being written has a number after the newest.
        if (!names.has(name) && Number.parseInt(name, 10) <= newest) await this.#files.remove(id, name);
    }
  }
}

const fileName = (link: number) => `${link}.bundle`;

/** Reads what scripts/save.sh prints; null: nothing is new. */
function readSave(fields: readonly string[]): { commit: string; base: string; leftOut: string[] } | null {
  const values = (key: string) =>
    fields.flatMap((field) => (field.startsWith(`${key} `) ? [field.slice(key.length + 1)] : []));
  const [commit = ''] = values('commit');
  if (!/^[0-9a-f]{40,64}$/.test(commit) || !fields.some((field) => field.startsWith('base'))) return null;
  return { commit, base: values('base')[0] ?? '', leftOut: values('left') };
}

function viewOf({ id, commit, bytes, createdAt, leftOut }: SnapshotRow): SnapshotView {
  return { id, commit, bytes, createdAt, leftOut };
}
