import { CrosspointError } from '#protocol/errors.ts';
import type { Sandbox, SandboxHealth, SandboxProvider, SandboxState } from '../sandbox.ts';
import type { RemoteFolders, RemoteLife } from './machine.ts';
import { onMachine } from './on-machine.ts';
import { prepareFolders } from './prepare.ts';
import { RemoteSandbox } from './remote-sandbox.ts';

export interface ListedSandbox {
  id: string;
  ref: string;
  lastUsedAt: string | null;
}

/** What a service has to give so that threads can have their sandboxes there. All that it throws is a CrosspointError. */
export interface RemoteService {
  readonly name: 'e2b' | 'daytona';
  /** What the self-test says when the service answers, and what mends it when it does not. */
  readonly detail: string;
  readonly remedy: string;
  /** Those of this installation that exist; with `id`, those of one name. */
  find(narrow: { id?: string }): Promise<ListedSandbox[]>;
  /** Asks once, unless the service said that it did nothing. @returns its ref */
  create(id: string): Promise<string>;
  life(ref: string): RemoteLife;
  /** Never throws. */
  state(ref: string): Promise<SandboxState>;
}

interface Known {
  life: RemoteLife;
  folders: RemoteFolders;
}

/** The sandboxes of a service. They go on without us, and pause or stop by themselves. */
export class RemoteSandboxes implements SandboxProvider {
  readonly #service: RemoteService;
  readonly #opening = new Map<string, Promise<Sandbox>>();
  /** By ref, for as long as we know of no end: all handles of a sandbox share one life. */
  readonly #known = new Map<string, Known>();
  #health: Promise<SandboxHealth> | null = null;

  constructor(service: RemoteService) {
    this.#service = service;
  }

  get name(): RemoteService['name'] {
    return this.#service.name;
  }

  selfTest(): Promise<SandboxHealth> {
    const { detail, remedy } = this.#service;
    this.#health ??= this.#service.find({}).then(
      () => ({ ok: true, detail }),
      (cause: unknown) => {
        this.#health = null;
        return { ok: false, reason: cause instanceof Error ? cause.message : String(cause), remedy };
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
    if (ref !== null) return this.#service.state(ref);
    try {
      const [found] = await this.#service.find({ id: sandboxId });
      return found ? await this.#service.state(found.ref) : 'gone';
    } catch {
      return 'unreachable';
    }
  }

  async remove(sandboxId: string, ref: string | null): Promise<void> {
    const refs =
      ref === null ? (await this.#service.find({ id: sandboxId })).map((found) => found.ref) : [ref];
    for (const each of refs) {
      await (this.#known.get(each)?.life ?? this.#service.life(each)).destroy();
      this.#known.delete(each);
    }
  }

  list(): Promise<ListedSandbox[]> {
    return this.#service.find({});
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #open(id: string, ref: string | null): Promise<Sandbox> {
    const service = this.#service;
    // It may have been made before its ref was kept.
    const found = ref ?? (await service.find({ id }))[0]?.ref ?? (await this.#create(id));
    const known = this.#known.get(found);
    const life = known?.life ?? service.life(found);
    const state = await life.state();
    if (state === 'gone') throw new CrosspointError('sandbox_gone', { remedy: 'Its service has ended it.' });
    if (state === 'unreachable') throw new CrosspointError('sandbox_unreachable', {});
    // Started here rather than by the first command, so that whoever opens it finds it alive.
    if (state === 'stopped') life.forget();
    await life.machine();
    const folders = known?.folders ?? (await onMachine(life, 'again', prepareFolders));
    this.#known.set(found, { life, folders });
    return new RemoteSandbox({ id, ref: found, provider: service.name, life, folders });
  }

  /** One of whose making nobody heard may have been made all the same, and each is paid for. */
  async #create(id: string): Promise<string> {
    try {
      return await this.#service.create(id);
    } catch (cause) {
      if (!(cause instanceof CrosspointError) || cause.code !== 'sandbox_unreachable') throw cause;
      return (await this.#service.find({ id }))[0]?.ref ?? (await this.#service.create(id));
    }
  }
}
