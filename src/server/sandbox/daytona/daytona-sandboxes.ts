import type { Sandbox as DaytonaSandbox } from '@daytonaio/sdk';
import { CrosspointError } from '#protocol/errors.ts';
import type { RemoteFolders } from '../remote/machine.ts';
import { onMachine } from '../remote/on-machine.ts';
import { prepareFolders } from '../remote/prepare.ts';
import { RemoteSandbox } from '../remote/remote-sandbox.ts';
import type { Sandbox, SandboxHealth, SandboxProvider, SandboxState } from '../sandbox.ts';
import { ControlPlane, stateOf, type DaytonaConfig } from './control-plane.ts';
import { DaytonaLife } from './daytona-life.ts';

interface Known {
  life: DaytonaLife;
  folders: RemoteFolders;
}

const createSeconds = 120;
/** Minutes after a stop until the files are moved to where they are cheaper to keep; a start brings them back. */
const archiveMinutes = 7 * 24 * 60;

/** @param installId tells the sandboxes of this installation from others of the same account */
export function createDaytonaSandboxes(config: DaytonaConfig & { installId: string }): SandboxProvider {
  return new DaytonaSandboxes(config);
}

class DaytonaSandboxes implements SandboxProvider {
  readonly name = 'daytona';
  readonly #plane: ControlPlane;
  readonly #installId: string;
  readonly #opening = new Map<string, Promise<Sandbox>>();
  /** By ref, for as long as we know of no end: all handles of a sandbox share one life. */
  readonly #known = new Map<string, Known>();
  #health: Promise<SandboxHealth> | null = null;

  constructor({ installId, ...config }: DaytonaConfig & { installId: string }) {
    this.#plane = new ControlPlane(config);
    this.#installId = installId;
  }

  selfTest(): Promise<SandboxHealth> {
    const { snapshot } = this.#plane.config;
    const made = snapshot === null ? 'of the default snapshot' : `of "${snapshot}"`;
    this.#health ??= this.#find({}).then(
      () => ({ ok: true, detail: `Daytona answers; new sandboxes are made ${made}.` }),
      (cause: unknown) => {
        this.#health = null;
        const reason = cause instanceof Error ? cause.message : String(cause);
        return { ok: false, reason, remedy: 'Look at DAYTONA_API_KEY and DAYTONA_API_URL.' };
      },
    );
    return this.#health;
  }

  open(sandboxId: string, ref: string | null = null): Promise<Sandbox> {
    const key = `${sandboxId} ${ref}`;
    const opening =
      this.#opening.get(key) ?? this.#open(sandboxId, ref).finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    return opening;
  }

  async state(sandboxId: string, ref: string | null): Promise<SandboxState> {
    if (ref !== null) return this.#plane.state(ref);
    try {
      const [found] = await this.#find({ id: sandboxId });
      return found ? stateOf(found) : 'gone';
    } catch {
      return 'unreachable';
    }
  }

  async remove(sandboxId: string, ref: string | null): Promise<void> {
    const refs = ref === null ? (await this.#find({ id: sandboxId })).map((found) => found.id) : [ref];
    for (const each of refs) {
      await (this.#known.get(each)?.life ?? new DaytonaLife(each, this.#plane)).destroy();
      this.#known.delete(each);
    }
  }

  async list(): Promise<{ id: string; ref: string; lastUsedAt: string | null }[]> {
    return (await this.#find({})).map(({ id: ref, labels, lastActivityAt, updatedAt }) => ({
      id: labels.id ?? '',
      ref,
      lastUsedAt: lastActivityAt ?? updatedAt ?? null,
    }));
  }

  /** Sandboxes go on, and stop by themselves. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  async #open(id: string, ref: string | null): Promise<Sandbox> {
    // It may have been made before its ref was kept.
    const found = ref ?? (await this.#find({ id }))[0]?.id ?? (await this.#create(id));
    const known = this.#known.get(found);
    const life = known?.life ?? new DaytonaLife(found, this.#plane);
    const state = await life.state();
    if (state === 'gone') throw new CrosspointError('sandbox_gone', { remedy: 'Daytona has ended it.' });
    if (state === 'unreachable') throw new CrosspointError('sandbox_unreachable', {});
    // Started here rather than by the first command, so that whoever opens it finds it alive.
    if (state === 'stopped') life.forget();
    await life.machine();
    const folders = known?.folders ?? (await onMachine(life, 'again', prepareFolders));
    this.#known.set(found, { life, folders });
    return new RemoteSandbox({ id, ref: found, provider: 'daytona', life, folders });
  }

  async #create(id: string): Promise<string> {
    const { config } = this.#plane;
    const options = {
      ...(config.snapshot === null ? {} : { snapshot: config.snapshot }),
      labels: { crosspoint: this.#installId, id },
      autoStopInterval: Math.max(1, Math.ceil(config.idleMs / 60_000)),
      autoArchiveInterval: archiveMinutes,
      // Never: what goes is decided by the policy of `workspace/collect.ts`.
      autoDeleteInterval: -1,
      networkBlockAll: !config.internet,
      public: false,
    };
    const create = () =>
      this.#plane.askOnce((client) => client.create({ ...options }, { timeout: createSeconds }));
    try {
      return (await create()).id;
    } catch (cause) {
      if (!(cause instanceof CrosspointError) || cause.code !== 'sandbox_unreachable') throw cause;
      // It may have been made, though nobody said so: each is paid for.
      return ((await this.#find({ id }))[0] ?? (await create())).id;
    }
  }

  #find(narrow: { id?: string }): Promise<DaytonaSandbox[]> {
    const labels = { crosspoint: this.#installId, ...narrow };
    return this.#plane.ask(async (client) => {
      const all: DaytonaSandbox[] = [];
      for await (const sandbox of client.list({ labels })) if (stateOf(sandbox) !== 'gone') all.push(sandbox);
      return all;
    });
  }
}
