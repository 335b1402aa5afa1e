import { setTimeout as delay } from 'node:timers/promises';
import { CrosspointError } from '#protocol/errors.ts';
import type {
  ExecOptions,
  ExecResult,
  PortTarget,
  Pty,
  PtyOptions,
  Sandbox,
  SandboxFiles,
  SandboxScratch,
  SandboxState,
} from '../sandbox.ts';
import { RemoteCommand } from './command.ts';
import { remoteFiles } from './files.ts';
import { RemoteFailure } from './machine.ts';
import type { RemoteFolders, RemoteLife, RemoteMachine } from './machine.ts';
import { openRemotePty } from './pty.ts';
import { remoteScratch } from './scratch.ts';

/** Milliseconds before a request is tried again. */
const retryDelaysMs = [100, 1_000];

export interface RemoteSandboxOptions {
  id: string;
  ref: string;
  provider: 'e2b' | 'daytona';
  life: RemoteLife;
  folders: RemoteFolders;
}

/** A sandbox of any remote provider. A request to one that was stopped meanwhile starts it again. */
export class RemoteSandbox implements Sandbox {
  readonly id: string;
  readonly ref: string;
  readonly provider: 'e2b' | 'daytona';
  readonly durability = 'none';
  readonly workdir: string;
  readonly files: SandboxFiles;
  readonly scratch: SandboxScratch;
  readonly #life: RemoteLife;
  readonly #folders: RemoteFolders;

  constructor({ id, ref, provider, life, folders }: RemoteSandboxOptions) {
    this.id = id;
    this.ref = ref;
    this.provider = provider;
    this.workdir = folders.workdir;
    this.#life = life;
    this.#folders = folders;
    const again = this.#on.bind(this, 'again') as Parameters<typeof remoteFiles>[1];
    const once = this.#on.bind(this, 'once') as Parameters<typeof remoteFiles>[1];
    this.files = remoteFiles(folders, again);
    this.scratch = remoteScratch(folders, again, once);
  }

  exec(command: string, options?: ExecOptions): Promise<ExecResult> {
    const running = new RemoteCommand(this.#folders, command, options);
    return this.#on('once', (machine) => running.run(machine));
  }

  pty(options: PtyOptions): Promise<Pty> {
    return this.#on('once', (machine) => openRemotePty(machine, this.#folders, options));
  }

  port(port: number): Promise<PortTarget> {
    return this.#on('again', async (machine) => ({ kind: 'url', ...(await machine.url(port)) }));
  }

  state(): Promise<SandboxState> {
    return this.#life.state();
  }

  keepAlive(): Promise<void> {
    return this.#life.keepAlive();
  }

  stop(): Promise<void> {
    return this.#life.stop();
  }

  destroy(): Promise<void> {
    return this.#life.destroy();
  }

  /** @param repeat `once`: only what surely was not started is tried again */
  async #on<Result>(
    repeat: 'again' | 'once',
    use: (machine: RemoteMachine, attempt: number) => Promise<Result>,
  ): Promise<Result> {
    for (let attempt = 0; ; attempt += 1) {
      const machine = await this.#life.machine();
      try {
        return await use(machine, attempt);
      } catch (cause) {
        if (cause instanceof CrosspointError) throw cause;
        const failure = failureIn(cause);
        if (failure?.code === 'no_space') throw new CrosspointError('disk_full', {}, { cause });
        this.#life.forget(machine);
        const state = await this.#life.state();
        if (state === 'gone')
          throw new CrosspointError('sandbox_gone', { remedy: 'It ended or was removed.' }, { cause });
        const waitMs = repeat === 'again' || failure ? retryDelaysMs[attempt] : undefined;
        if (waitMs === undefined) throw new CrosspointError('sandbox_unreachable', {}, { cause });
        // One that is merely stopped is started by the next attempt.
        if (state !== 'stopped') await delay(waitMs);
      }
    }
  }
}

/** A script's failure has that of the machine as its cause. */
function failureIn(cause: unknown): RemoteFailure | null {
  if (cause instanceof RemoteFailure) return cause;
  return cause instanceof Error && cause.cause instanceof RemoteFailure ? cause.cause : null;
}
