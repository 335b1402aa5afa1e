import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { localFixture } from '#server/sandbox/local/testing/fixture.ts';
import { openStore } from '#server/store/open-store.ts';
import type { Store, StoreTables } from '#server/store/store.ts';
import { at, threadRow } from '#server/store/testing/sample-rows.ts';
import type { SnapshotView } from '../../types.ts';
import { Recorder } from '../recorder.ts';
import { Snapshots } from '../snapshots.ts';

/** git as a person calls it. */
export const person = 'git -c user.name=p -c user.email=p@localhost -c init.defaultBranch=main';
const logger = { warn: () => undefined };

/** Real pods, and what is kept of the one that a test works in. */
export class SnapshotBench {
  readonly store: Store;
  readonly folder: string;
  readonly #fixture: Awaited<ReturnType<typeof localFixture>>;
  #opened = 0;
  id!: string;
  sandbox!: Sandbox;
  recorder!: Recorder;
  snapshots!: Snapshots;

  constructor(store: Store, folder: string, fixture: Awaited<ReturnType<typeof localFixture>>) {
    this.store = store;
    this.folder = folder;
    this.#fixture = fixture;
  }

  static async open(): Promise<SnapshotBench> {
    const folder = mkdtempSync(join(tmpdir(), 'crosspoint-snapshots-'));
    return new SnapshotBench(await openStore(folder), folder, await localFixture());
  }

  async close(): Promise<void> {
    await this.store.close();
    await this.#fixture[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true });
  }

  /** Another thread with another sandbox. @param updatedAt of its last use */
  async next(updatedAt = at): Promise<void> {
    this.sandbox = await this.fresh();
    this.id = this.sandbox.id;
    await this.store.threads.create({ ...threadRow(this.id), sandboxId: this.id, updatedAt });
    this.recorder = new Recorder(this.store, logger);
    this.snapshots = this.over(this.store);
  }

  over(store: StoreTables): Snapshots {
    return new Snapshots(store, this.recorder, this.folder, logger);
  }

  fresh(): Promise<Sandbox> {
    return this.#fixture.provider.open(`w${(this.#opened += 1)}`);
  }

  async run(command: string, where: Sandbox = this.sandbox): Promise<string> {
    const result = await where.exec(command);
    assert.equal(result.exitCode, 0, result.stderr);
    return result.stdout;
  }

  save(from: Sandbox = this.sandbox): Promise<SnapshotView | null> {
    return this.snapshots.save(from, this.id, 'turn');
  }

  files(): string[] {
    return readdirSync(join(this.folder, 'snapshots', this.id)).sort();
  }

  /** Each link, and what it builds on. */
  async chain(): Promise<string[]> {
    const rows = await this.store.workspaces.snapshots(this.id);
    return rows.map(({ id, baseId }) => (baseId === null ? `${id} whole` : `${id} on ${baseId}`));
  }

  /** A new sandbox with what is kept, put there by a process that knows nothing of the first one. */
  async restored(): Promise<Sandbox> {
    const other = await this.fresh();
    const snapshots = new Snapshots(this.store, new Recorder(this.store, logger), this.folder, logger);
    assert.deepEqual(await snapshots.restore(other, this.id), await this.snapshots.snapshot(this.id));
    return other;
  }

  /** Every name, kind, mode and byte; of files in a repository, which git makes read-only, not the mode. */
  async everything(where: Sandbox = this.sandbox): Promise<string[]> {
    const listed = await this.run(
      `find . -mindepth 1 -type f -exec sha256sum {} + -o -type l -printf '%p -> %l\\n' -o -type d -printf '%p/ %m\\n'
       find . -name .git -prune -o -type f -printf '%p %m\\n'`,
      where,
    );
    return listed.split('\n').sort();
  }
}
