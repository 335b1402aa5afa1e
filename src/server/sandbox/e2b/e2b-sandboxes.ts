import { CrosspointError } from '#protocol/errors.ts';
import type { RemoteFolders } from '../remote/machine.ts';
import { onMachine } from '../remote/on-machine.ts';
import { prepareFolders } from '../remote/prepare.ts';
import { RemoteSandbox } from '../remote/remote-sandbox.ts';
import type { Sandbox, SandboxHealth, SandboxProvider, SandboxState } from '../sandbox.ts';
import { ControlPlane } from './control-plane.ts';
import type { E2bConfig } from './control-plane.ts';
import { E2bLife } from './e2b-life.ts';

interface Known {
  life: E2bLife;
  folders: RemoteFolders;
}

/** @param installId tells the sandboxes of this installation from others of the same account */
export function createE2bSandboxes(config: E2bConfig & { installId: string }): SandboxProvider {
  return new E2bSandboxes(config);
}

class E2bSandboxes implements SandboxProvider {
  readonly name = 'e2b';
  readonly #plane: ControlPlane;
  readonly #installId: string;
  readonly #opening = new Map<string, Promise<Sandbox>>();
  /** By ref, for as long as we know of no end: all handles of a sandbox share one life. */
  readonly #known = new Map<string, Known>();
  #health: Promise<SandboxHealth> | null = null;

  constructor({ installId, ...config }: E2bConfig & { installId: string }) {
    this.#plane = new ControlPlane(config);
    this.#installId = installId;
  }

  selfTest(): Promise<SandboxHealth> {
    this.#health ??= this.#find({}).then(
      () => ({
        ok: true,
        detail: `E2B answers; new sandboxes are made of "${this.#plane.config.template}".`,
      }),
      (cause: unknown) => {
        this.#health = null;
        const reason = cause instanceof Error ? cause.message : String(cause);
        return { ok: false, reason, remedy: 'Look at E2B_API_KEY and E2B_API_URL.' };
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
      return found ? this.#plane.state(found.ref) : 'gone';
    } catch {
      return 'unreachable';
    }
  }

  async remove(sandboxId: string, ref: string | null): Promise<void> {
    const refs = ref === null ? (await this.#find({ id: sandboxId })).map((found) => found.ref) : [ref];
    for (const each of refs) {
      await (this.#known.get(each)?.life ?? new E2bLife(each, this.#plane)).destroy();
      this.#known.delete(each);
    }
  }

  list(): Promise<{ id: string; ref: string; lastUsedAt: string | null }[]> {
    return this.#find({});
  }

  /** Sandboxes go on, and pause by themselves. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  async #open(id: string, ref: string | null): Promise<Sandbox> {
    // It may have been made before its ref was kept.
    const found = ref ?? (await this.#find({ id }))[0]?.ref ?? (await this.#create(id));
    const known = this.#known.get(found);
    const life = known?.life ?? new E2bLife(found, this.#plane);
    await life.machine();
    const state = known ? await life.state() : 'alive';
    if (state === 'gone') throw new CrosspointError('sandbox_gone', { remedy: 'E2B has ended it.' });
    if (state === 'unreachable') throw new CrosspointError('sandbox_unreachable', {});
    // Resumed here rather than by the first command, so that whoever opens it finds it alive.
    if (state === 'stopped') life.forget();
    if (state === 'stopped') await life.machine();
    const folders = known?.folders ?? (await onMachine(life, 'again', prepareFolders));
    this.#known.set(found, { life, folders });
    return new RemoteSandbox({ id, ref: found, provider: 'e2b', life, folders });
  }

  async #create(id: string): Promise<string> {
    const { connection, config } = this.#plane;
    const sandbox = await this.#plane.ask(({ Sandbox }) =>
      Sandbox.create(config.template, {
        ...connection,
        timeoutMs: config.idleMs,
        metadata: { crosspoint: this.#installId, id },
        // Idle, it keeps its files and its memory; the default would delete both.
        lifecycle: { onTimeout: 'pause' },
        allowInternetAccess: config.internet,
        // Ports answer only to whoever has the token.
        network: { allowPublicTraffic: false },
      }),
    );
    return sandbox.sandboxId;
  }

  async #find(narrow: { id?: string }): Promise<{ id: string; ref: string; lastUsedAt: string | null }[]> {
    const metadata = { crosspoint: this.#installId, ...narrow };
    const { connection, config } = this.#plane;
    return this.#plane.ask(async ({ Sandbox }) => {
      const pages = Sandbox.list({ ...connection, query: { metadata } });
      const all = [];
      while (pages.hasNext) all.push(...(await pages.nextItems()));
      return all.map(({ sandboxId, metadata: { id = '' }, endAt }) => {
        const lastUsed = Math.min(endAt.getTime() - config.idleMs, Date.now());
        return { id, ref: sandboxId, lastUsedAt: new Date(lastUsed).toISOString() };
      });
    });
  }
}
