import { resolve } from 'node:path';
import { CrosspointError } from '#protocol/errors.ts';
import type { Sandbox, SandboxHealth, SandboxProvider, SandboxState } from '../sandbox.ts';
import { EgressProxy } from './egress/proxy.ts';
import { SandboxFolders } from './folders.ts';
import type { Bind, SandboxFolder } from './folders.ts';
import { inspectHost } from './host.ts';
import type { Host } from './host.ts';
import { defaultLimits } from './limits.ts';
import type { SandboxLimits } from './limits.ts';
import { LocalSandbox } from './local-sandbox.ts';
import { Pod } from './pod.ts';
import type { PodSetup } from './pod.ts';

import { examinePod, explainStart } from './self-test.ts';
import { PodWatch } from './watch.ts';
import type { WatchedPod } from './watch.ts';

export interface LocalSandboxOptions {
  /** All state of the app; workspaces are kept in it. */
  dataDir: string;
  /** The Node binary that runs the supervisor and is `node` inside; the one that runs the app when left out. */
  node?: string;
  /** npm's folder, when it is not below /usr, so that `npm` exists inside. */
  npm?: string;
  /** Hosts that commands may reach (`example.com`, `*.example.com`, `host:port`); none when empty or left out. */
  egress?: readonly string[];
  limits?: Partial<SandboxLimits>;
  /** Which sandbox has a folder of this machine as its workspace: the folder's own path, with no link in it. */
  bind?: Bind;
  /** Where bwrap is looked for, in place of the system's folders; for tests. */
  programs?: readonly string[];
}

/** Milliseconds after which a failed self-test is done again, so that what was mended works without a restart. */
const retestMs = 5_000;
const selfTestId = 'self-test';

/** Sandboxes on this machine: one long-lived bubblewrap pod each. Nothing runs before the first `open` or `selfTest`. */
export function createLocalSandboxes(options: LocalSandboxOptions): LocalSandboxes {
  return new LocalSandboxes(options);
}

type Fit = { host: Host; health: Extract<SandboxHealth, { ok: true }> };
type Unfit = { host: null; health: Extract<SandboxHealth, { ok: false }>; testedAt: number };

export class LocalSandboxes implements SandboxProvider {
  readonly name = 'local';
  readonly #options: LocalSandboxOptions;
  readonly #limits: SandboxLimits;
  readonly #folders: SandboxFolders;
  readonly #watch: PodWatch;
  readonly #onEgress: PodSetup['onEgress'];
  /** Running pods, and those that start. */
  readonly #pods = new Map<string, Promise<Pod>>();
  readonly #running = new Map<string, WatchedPod>();
  readonly #opened = new Map<string, LocalSandbox>();
  #fitness: Promise<Fit | Unfit> | null = null;
  #closed = false;

  constructor(options: LocalSandboxOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    // bwrap starts elsewhere, so a relative path would be another one.
    const dataDir = resolve(options.dataDir);
    this.#folders = new SandboxFolders(dataDir, process.getuid?.() === 0, options.bind ?? (() => null));
    const { egress = [] } = options;
    const proxy = egress.length > 0 ? new EgressProxy(egress) : null;
    this.#onEgress = proxy && ((socket) => proxy.accept(socket));
    this.#watch = new PodWatch(this.#running, this.#limits, dataDir);
  }

  async selfTest(): Promise<SandboxHealth> {
    return (await this.#test()).health;
  }

  async open(sandboxId: string, ref: string | null = null): Promise<Sandbox> {
    const known = this.#opened.get(sandboxId);
    const sandbox = known ?? new LocalSandbox(sandboxId, this);
    this.#opened.set(sandboxId, sandbox);
    try {
      await this.pod(sandboxId, { create: ref === null });
    } catch (cause) {
      if (!known) this.#opened.delete(sandboxId);
      throw cause;
    }
    return sandbox;
  }

  state(sandboxId: string): Promise<SandboxState> {
    return this.exists(sandboxId);
  }

  remove(sandboxId: string): Promise<void> {
    return this.removeSandbox(sandboxId);
  }

  async list(): Promise<{ id: string; ref: string; lastUsedAt: string | null }[]> {
    const known = await this.#folders.list();
    return known.map(({ id, lastUsedAt }) => ({ id, ref: id, lastUsedAt }));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#pods.keys()].map((id) => this.stopPod(id)));
    await this.#watch.close();
  }

  /**
   * The running pod of a sandbox; starts it when it does not run. Everybody who asks meanwhile gets the same.
   * @throws {CrosspointError} `sandbox_unavailable`, or `sandbox_gone` when its files are not there and `create` is off
   */
  async pod(id: string, { create }: { create: boolean }): Promise<Pod> {
    if (id === selfTestId) throw new CrosspointError('not_found', { what: 'sandbox' });
    const known = this.#pods.get(id);
    if (known) {
      const pod = await known;
      if (!pod.isEnding) return pod;
      await pod.ended;
      return this.pod(id, { create });
    }
    const starting = this.#start(id, create);
    this.#pods.set(id, starting);
    try {
      const pod = await starting;
      void pod.ended.then(() => this.#forget(id, starting));
      return pod;
    } catch (cause) {
      this.#forget(id, starting);
      throw cause;
    }
  }

  /** Whether a pod runs, or only its files are there, or nothing. */
  async exists(id: string): Promise<SandboxState> {
    const running = this.#running.get(id);
    return running && !running.pod.isEnding ? 'alive' : this.#folders.exists(id);
  }

  async stopPod(id: string): Promise<void> {
    // One that failed to start has nothing to stop.
    const pod = await this.#pods.get(id)?.catch(() => null);
    pod?.kill('it was stopped');
    await pod?.ended;
  }

  async removeSandbox(id: string): Promise<void> {
    await this.stopPod(id);
    this.#opened.delete(id);
    this.#watch.forget(id);
    await this.#folders.remove(id);
  }

  #forget(id: string, starting: Promise<Pod>): void {
    if (this.#pods.get(id) !== starting) return;
    this.#pods.delete(id);
    this.#running.delete(id);
  }

  async #start(id: string, create: boolean): Promise<Pod> {
    if (this.#closed) throw unavailable('Crosspoint is shutting down.', 'Start it again.');
    const { host, health } = await this.#test();
    if (!host) throw unavailable(health.reason, health.remedy);
    if (!create && (await this.#folders.exists(id)) === 'gone')
      throw new CrosspointError('sandbox_gone', {
        remedy: 'Its files are not there any more. Start a new thread.',
      });
    await this.#makeRoom(id);
    try {
      const folder = await this.#folders.open(id);
      const pod = await this.#startPod(host, folder);
      // What a person keeps in a folder of their own is not ours to limit.
      const folders = folder.bound ? [folder.home] : [folder.workspace, folder.home];
      this.#running.set(id, { pod, folders });
      return pod;
    } catch (cause) {
      if (cause instanceof CrosspointError && cause.code !== 'sandbox_unavailable') throw cause;
      const { reason, remedy } = explainStart(cause);
      throw unavailable(reason, remedy, cause);
    }
  }

  #startPod(host: Host, folder: SandboxFolder): Promise<Pod> {
    const { npm = null } = this.#options;
    return Pod.start({ ...host, folder, npm, limits: this.#limits, onEgress: this.#onEgress });
  }

  /** The pod that was idle for longest makes room for a new one. */
  async #makeRoom(id: string): Promise<void> {
    if ([...this.#pods.keys()].filter((other) => other !== id).length < this.#limits.pods) return;
    const idle = [...this.#running].filter(([, { pod }]) => pod.active === 0 && !pod.isEnding);
    const [oldest] = idle.sort(([, left], [, right]) => left.pod.lastUsed - right.pod.lastUsed);
    if (!oldest)
      throw unavailable(
        `${this.#limits.pods} sandboxes run commands already, which is the limit.`,
        'Wait until one of them has finished, or stop it.',
      );
    await this.stopPod(oldest[0]);
  }

  async #test(): Promise<Fit | Unfit> {
    const current = (this.#fitness ??= this.#examine().catch((cause: unknown) => {
      // A mistake is not an answer to keep.
      this.#fitness = null;
      throw cause;
    }));
    const known = await current;
    if (known.host || performance.now() - known.testedAt < retestMs) return known;
    if (this.#fitness === current) this.#fitness = null;
    return this.#test();
  }

  async #examine(): Promise<Fit | Unfit> {
    const no = (health: Unfit['health']): Unfit => ({ host: null, health, testedAt: performance.now() });
    const host = await inspectHost(this.#folders, this.#options);
    if ('ok' in host) return no(host);
    const health = await this.#examinePod(host);
    return health.ok ? { host, health } : no(health);
  }

  async #examinePod(host: Host): Promise<SandboxHealth> {
    try {
      const pod = await this.#startPod(host, await this.#folders.open(selfTestId));
      try {
        return await examinePod(pod, host.bubblewrap.version);
      } finally {
        pod.kill();
        await pod.ended;
        await this.#folders.remove(selfTestId);
      }
    } catch (cause) {
      return explainStart(cause);
    }
  }
}

function unavailable(reason: string, remedy: string, cause?: unknown): CrosspointError {
  return new CrosspointError('sandbox_unavailable', { reason, remedy }, { cause });
}
