import { CrosspointError } from '#protocol/errors.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { StoreTables } from '#server/store/store.ts';
import type { SnapshotRow } from '#server/store/workspaces.types.ts';
import type { SnapshotReason, SnapshotView } from '../types.ts';
import { Locks } from './locks.ts';
import { isWithoutHistory, runOperation } from './operation.ts';
import type { HistoryLogger, Recorder } from './recorder.ts';
import { archiveWorkspace, hasGit, unpackWorkspace } from './snapshot-archive.ts';
import { archiveMark, chainOf, fileName, isArchive, needsWhole, removeLinks } from './snapshot-chain.ts';
import { SnapshotFiles } from './snapshot-files.ts';
import { collectSnapshots } from './snapshot-policy.ts';

/** Bytes of one link: more than that is no workspace that a sandbox has room for. */
const largestLink = 8 * 1024 ** 3;
/** Paths that are kept by name of those that are left out, and their longest. */
const mostNamed = 1_000;
const longestPath = 4_096;

/** What a script of the sandbox says that it has packed, in scratch. */
interface Packed {
  name: string;
  commit: string;
  /** The commit of the link that it builds on; empty: it is whole. */
  base: string;
  sum: string;
  leftOut: string[];
}

/** Copies of workspaces outside of their sandboxes: chains of git bundles that are made and read inside. */
export class Snapshots {
  readonly #store: StoreTables;
  readonly #recorder: Recorder;
  readonly #files: SnapshotFiles;
  readonly #logger: HistoryLogger;
  /** By sandbox: nothing is removed while something is saved or restored. */
  readonly #locks = new Locks();

  constructor(store: StoreTables, recorder: Recorder, dataDir: string, logger: HistoryLogger) {
    this.#store = store;
    this.#recorder = recorder;
    this.#files = new SnapshotFiles(dataDir);
    this.#logger = logger;
  }

  /** @param id of the sandbox. @returns null when nothing is new. @throws `snapshot_failed`, `sandbox_unreachable`, … */
  save(sandbox: Sandbox, id: string, why: SnapshotReason): Promise<SnapshotView | null> {
    return this.#locks.run(id, async () => {
      try {
        return await this.#save(sandbox, id, why);
      } catch (cause) {
        throw failed('snapshot_failed', cause);
      }
    });
  }

  /** One that was cut off is repeated from its beginning. @throws `restore_failed`, `sandbox_unreachable`, … */
  restore(sandbox: Sandbox, id: string): Promise<SnapshotView | null> {
    return this.#locks.run(id, async () => {
      try {
        return await this.#restore(sandbox, id);
      } catch (cause) {
        throw failed('restore_failed', cause);
      }
    });
  }

  async snapshot(id: string): Promise<SnapshotView | null> {
    const last = (await this.#store.workspaces.snapshots(id)).at(-1);
    return last ? viewOf(last) : null;
  }

  forget(id: string): Promise<void> {
    return this.#locks.run(id, () => this.#files.removeAll(id));
  }

  /** See `collectSnapshots`. */
  collect(
    here: ReadonlySet<string>,
    options?: { now?: number; most?: number },
  ): Promise<{ bytes: number; snapshots: number }> {
    return collectSnapshots({ store: this.#store, files: this.#files, locks: this.#locks }, here, options);
  }

  async #save(sandbox: Sandbox, id: string, why: SnapshotReason): Promise<SnapshotView | null> {
    const rows = await this.#store.workspaces.snapshots(id);
    const chain = await this.#usable(id, chainOf(rows));
    const packed = await this.#pack(sandbox, chain, why);
    if (!packed) return null;
    const base = chain.find(({ commit }) => commit === packed.base) ?? null;
    if (packed.base !== '' && !base) throw new Error('the snapshot builds on one that is not kept.');
    const link = { id: Math.max(0, ...rows.map((row) => row.id)) + 1, commit: packed.commit };
    const expected = { most: largestLink, sum: packed.sum };
    const pieces = sandbox.scratch.read(packed.name);
    const written = await this.#files.write(id, fileName(link), pieces, expected);
    const leftOut = named([...new Set(packed.leftOut)]);
    const createdAt = new Date().toISOString();
    const row = { threadId: id, ...link, baseId: base?.id ?? null, ...written, leftOut, why, createdAt };
    await this.#store.workspaces.addSnapshot(row);
    // From here on it is kept. What the new chain has all of is not needed any more.
    if (!base) await removeLinks(this.#store, this.#files, id, rows);
    await sandbox.scratch.remove(packed.name);
    return viewOf(row);
  }

  /** Without git only what would be lost with the sandbox is packed: it is all of the files each time. */
  async #pack(sandbox: Sandbox, chain: readonly SnapshotRow[], why: SnapshotReason): Promise<Packed | null> {
    const last = chain.at(-1)?.commit ?? '';
    try {
      const { leftOut } = await this.#recorder.record(sandbox);
      const env = { LAST: last.startsWith(archiveMark) ? '' : last, WHOLE: needsWhole(chain) ? '1' : '' };
      const packed = readPacked('save.bundle', await runOperation(sandbox, 'save', { env }));
      return packed && { ...packed, leftOut: [...leftOut, ...packed.leftOut] };
    } catch (cause) {
      if (!isWithoutHistory(cause) || (await hasGit(sandbox))) throw cause;
      if (sandbox.durability === 'host' && why !== 'move') return null;
      return readPacked('save.tar', await archiveWorkspace(sandbox, last));
    }
  }

  /** @returns nothing when a link is not there any more: the next snapshot is a whole one then */
  async #usable(id: string, chain: readonly SnapshotRow[] | null): Promise<readonly SnapshotRow[]> {
    for (const row of chain ?? []) {
      if ((await this.#files.size(id, fileName(row))) === row.bytes) continue;
      this.#logger.warn({ sandbox: id, snapshot: row.id }, 'a snapshot is damaged; the next one is whole');
      return [];
    }
    return chain ?? [];
  }

  async #restore(sandbox: Sandbox, id: string): Promise<SnapshotView | null> {
    const chain = chainOf(await this.#store.workspaces.snapshots(id));
    const last = chain?.at(-1);
    if (!chain) throw new Error('a part of the snapshot is not there.');
    if (!last) return null;
    const names = chain.map(fileName);
    for (const [index, name] of names.entries()) {
      if (!(await this.#files.isWhole(id, name, chain[index]?.sha256 ?? '')))
        throw new Error(`${name} of the snapshot is damaged or not there.`);
      await sandbox.scratch.write(name, this.#files.read(id, name));
    }
    if (isArchive(last)) await unpackWorkspace(sandbox, fileName(last));
    else await runOperation(sandbox, 'restore', { env: { SNAPSHOT: last.commit }, input: names });
    for (const name of names) await sandbox.scratch.remove(name);
    this.#recorder.forget(sandbox);
    return viewOf(last);
  }
}

/** Reads what scripts/save.sh and scripts/archive.sh print; null: nothing is new. */
function readPacked(name: string, fields: readonly string[]): Packed | null {
  if (fields.length === 0) return null;
  const values = (key: string) =>
    fields.flatMap((field) => (field.startsWith(`${key} `) ? [field.slice(key.length + 1)] : []));
  const [[commit = ''], [base = ''], [sum = '']] = [values('commit'), values('base'), values('sum')];
  const isCommit = name === 'save.tar' ? /^tar:[0-9a-f]{64}$/ : /^([0-9a-f]{40}|[0-9a-f]{64})$/;
  if (!isCommit.test(commit) || !/^[0-9a-f]{64}$/.test(sum))
    throw new Error('the sandbox does not say what it has packed.');
  return { name, commit, base, sum, leftOut: values('left') };
}

/** The sandbox says as many as it likes, and as long ones. */
function named(paths: readonly string[]): string[] {
  const first = paths.slice(0, mostNamed).map((path) => path.slice(0, longestPath));
  return paths.length > mostNamed ? [...first, `and ${paths.length - mostNamed} more`] : first;
}

/** Of the host's errors the code only: their sentences name places of this machine. */
function failed(code: 'snapshot_failed' | 'restore_failed', cause: unknown): CrosspointError {
  if (cause instanceof CrosspointError && !isWithoutHistory(cause)) return cause;
  const values = cause instanceof CrosspointError ? cause.values : {};
  const system = (cause as NodeJS.ErrnoException).code;
  const said = values['reason'] ?? system ?? (cause instanceof Error ? cause.message : String(cause));
  const reason = typeof said === 'string' && said.endsWith('.') ? said : `${said}.`;
  return new CrosspointError(code, { reason }, { cause });
}

function viewOf({ id, commit, bytes, createdAt, leftOut }: SnapshotRow): SnapshotView {
  return { id, commit, bytes, createdAt, leftOut };
}
