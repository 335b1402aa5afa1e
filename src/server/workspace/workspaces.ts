import { CrosspointError } from '#protocol/errors.ts';
import type { NewEvent } from '#protocol/events.ts';
import type { ProviderView, SandboxType, SandboxView } from '#protocol/workspace.ts';
import type { Sandbox, SandboxHealth } from '#server/sandbox/sandbox.ts';
import type { ThreadSandboxRow } from '#server/store/workspaces.types.ts';
import { bind } from './bind.ts';
import { Handles } from './handles.ts';
import { Locks } from './history/locks.ts';
import { move } from './move.ts';
import type { WorkspacesParts } from './parts.ts';
import { lostWith, lostWithBound, Restorations } from './restorations.ts';
import { settleLastCall } from './settle.ts';
import type { Restoration, SnapshotReason, ThreadOfSandbox, WorkspaceHistory, Workspaces } from './types.ts';
import { viewSandbox } from './view.ts';

/** The only place that opens, replaces, moves and removes sandboxes of threads. */
export class ThreadWorkspaces implements Workspaces {
  readonly history: WorkspaceHistory;
  readonly parts: WorkspacesParts;
  readonly #handles: Handles;
  readonly #restorations: Restorations;
  /** By sandbox: it is opened, replaced, moved and removed by one at a time. */
  readonly #locks = new Locks();
  readonly #settled = new Set<string>();
  readonly #saving = new Set<Promise<void>>();

  constructor(parts: WorkspacesParts) {
    this.parts = parts;
    this.history = parts.history;
    this.#handles = new Handles(parts);
    this.#restorations = new Restorations(parts.store);
  }

  get defaultType(): SandboxType {
    return this.parts.providers.defaultType;
  }

  open(thread: ThreadOfSandbox): Promise<Sandbox> {
    const fresh = this.#handles.fresh(thread);
    if (fresh) return Promise.resolve(fresh);
    return this.#locks.run(thread.sandboxId, () => this.#openAlone(thread));
  }

  doubt({ sandboxId }: ThreadOfSandbox): void {
    this.#handles.forget(sandboxId);
  }

  restored(threadId: string): Promise<Restoration | null> {
    return this.#restorations.last(threadId);
  }

  async save(thread: ThreadOfSandbox, why: SnapshotReason): Promise<void> {
    const sandbox = this.#handles.known(thread.sandboxId);
    // A bound folder is never written over by a restore, so no copy of it is made.
    if (!sandbox || (await this.#rowOf(thread)).boundFolder !== null) return;
    const saving = this.history.save(sandbox, thread.sandboxId, why).then(() => undefined);
    const settled = saving.catch(() => undefined);
    this.#saving.add(settled);
    void settled.then(() => this.#saving.delete(settled));
    await saving;
  }

  async keep(thread: ThreadOfSandbox): Promise<void> {
    if (this.#handles.known(thread.sandboxId)?.durability === 'none') await this.save(thread, 'person');
  }

  assertUsable(type: SandboxType): void {
    this.parts.providers.get(type);
  }

  async move(thread: ThreadOfSandbox, to: SandboxType): Promise<void> {
    const target = this.parts.providers.get(to);
    await this.#locks.run(thread.sandboxId, async () => {
      const from = await this.#openAlone(thread);
      if (from.provider === to) return;
      const row = await this.#rowOf(thread);
      const sandbox = await move(this.parts, { thread, row, from, target });
      this.#handles.put(thread, sandbox);
    });
  }

  async bind(thread: ThreadOfSandbox, folder: string): Promise<void> {
    await this.#locks.run(thread.sandboxId, async () => {
      const sandbox = await this.#openAlone(thread);
      this.#handles.put(thread, await bind(this.parts, await this.#rowOf(thread), sandbox, folder));
    });
  }

  async view(thread: ThreadOfSandbox): Promise<SandboxView> {
    return viewSandbox(this.parts, await this.#rowOf(thread));
  }

  selfTests(): Promise<ProviderView[]> {
    return this.parts.providers.selfTests();
  }

  selfTest(): Promise<SandboxHealth> {
    return this.parts.providers.get(this.defaultType).selfTest();
  }

  async remove(thread: ThreadOfSandbox): Promise<void> {
    const { sandboxId } = thread;
    this.#restorations.forget(thread.id);
    this.#settled.delete(thread.id);
    await this.#locks.run(sandboxId, async () => {
      if ((await this.parts.store.threads.ofSandbox(sandboxId)).length > 0) return;
      const row = await this.#rowOf(thread);
      this.#handles.forget(sandboxId);
      await this.parts.onRemoval(sandboxId);
      await this.history.forget(sandboxId);
      await this.parts.providers.get(row.provider).remove(sandboxId, row.ref);
      await this.parts.store.workspaces.removeSandbox(sandboxId);
    });
  }

  async close(): Promise<void> {
    this.#handles.close();
    await Promise.all(this.#saving);
    await this.parts.providers.close();
  }

  async #rowOf({ sandboxId, sandboxType }: ThreadOfSandbox): Promise<ThreadSandboxRow> {
    const row = await this.parts.store.workspaces.sandbox(sandboxId);
    if (row) return row;
    const updatedAt = new Date().toISOString();
    return {
      threadId: sandboxId,
      provider: sandboxType,
      ref: null,
      generation: 1,
      boundFolder: null,
      updatedAt,
    };
  }

  async #openAlone(thread: ThreadOfSandbox): Promise<Sandbox> {
    const fresh = this.#handles.fresh(thread);
    if (fresh) return fresh;
    const row = await this.#rowOf(thread);
    const sandbox = (await this.#find(row)) ?? (await this.#make(thread, await this.#giveUp(row)));
    this.#handles.put(thread, sandbox);
    if (!this.#settled.has(thread.id)) {
      this.#settled.add(thread.id);
      await settleLastCall(this.parts, thread.id, sandbox);
    }
    return sandbox;
  }

  /** @returns null for one that was never made, or that is proved not to exist any more */
  async #find({ provider, threadId, ref }: ThreadSandboxRow): Promise<Sandbox | null> {
    if (ref === null) return null;
    try {
      return await this.parts.providers.get(provider).open(threadId, ref);
    } catch (cause) {
      if (cause instanceof CrosspointError && cause.code === 'sandbox_gone') return null;
      throw cause;
    }
  }

  /** Written before the new one is made: whoever goes on after a crash knows that files have to be put into it. */
  async #giveUp(row: ThreadSandboxRow): Promise<ThreadSandboxRow> {
    if (row.ref === null) return row;
    this.parts.logger.warn({ sandbox: row.threadId, provider: row.provider }, 'a sandbox is gone');
    const next = { ...row, ref: null, generation: row.generation + 1, updatedAt: new Date().toISOString() };
    await this.parts.store.workspaces.putSandbox(next);
    return next;
  }

  async #make(thread: ThreadOfSandbox, row: ThreadSandboxRow): Promise<Sandbox> {
    const { store, log, providers } = this.parts;
    const sandbox = await providers.get(row.provider).open(row.threadId, null);
    // A bound folder outlives its sandbox: what is in it is newer than any snapshot, and it is the person's own.
    const isBound = row.boundFolder !== null;
    const snapshot = isBound ? null : await this.history.restore(sandbox, row.threadId);
    const made = { ...row, ref: sandbox.ref, updatedAt: new Date().toISOString() };
    if (row.generation === 1) {
      await store.workspaces.putSandbox(made);
      return sandbox;
    }
    const data = {
      generation: row.generation,
      snapshotAt: snapshot?.createdAt ?? null,
      lost: isBound ? lostWithBound : lostWith(snapshot),
    };
    const events: NewEvent[] = [{ type: 'sandbox.restored', data }];
    const stored = await log.commit(thread.id, events, (tables) => tables.workspaces.putSandbox(made));
    this.#restorations.add(thread.id, { eventId: stored[0]?.id ?? 0, ...data });
    await this.#tellOthers(thread, events);
    return sandbox;
  }

  /** Threads that work in the same sandbox. */
  async #tellOthers(thread: ThreadOfSandbox, events: NewEvent[]): Promise<void> {
    for (const id of await this.parts.store.threads.ofSandbox(thread.sandboxId)) {
      if (id === thread.id) continue;
      await this.parts.log.commit(id, events);
      this.#restorations.forget(id);
    }
  }
}
