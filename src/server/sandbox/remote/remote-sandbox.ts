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
import type { OnMachine } from './files.ts';
import type { RemoteFolders, RemoteLife } from './machine.ts';
import { onMachine } from './on-machine.ts';
import { openRemotePty } from './pty.ts';
import { remoteScratch } from './scratch.ts';

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
    const again: OnMachine = (use) => onMachine(life, 'again', use);
    const once: OnMachine = (use) => onMachine(life, 'once', use);
    this.files = remoteFiles(folders, again);
    this.scratch = remoteScratch(folders, again, once);
  }

  exec(command: string, options?: ExecOptions): Promise<ExecResult> {
    const running = new RemoteCommand(this.#folders, command, options);
    return onMachine(this.#life, 'once', (machine) => running.run(machine));
  }

  pty(options: PtyOptions): Promise<Pty> {
    return onMachine(this.#life, 'once', (machine) => openRemotePty(machine, this.#folders, options));
  }

  port(port: number): Promise<PortTarget> {
    return onMachine(this.#life, 'again', async (machine) => ({ kind: 'url', ...(await machine.url(port)) }));
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
}
