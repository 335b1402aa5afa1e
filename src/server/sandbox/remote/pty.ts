import { randomBytes } from 'node:crypto';
import { CrosspointError } from '#protocol/errors.ts';
import type { Pty, PtyOptions } from '../sandbox.ts';
import { isFolder } from './files.ts';
import type { RemoteFolders, RemoteMachine, RemotePty } from './machine.ts';
import { endTree, markerVariable } from './process-tree.ts';
import { remotePath } from './remote-path.ts';

type Listener = (bytes: Uint8Array) => void | Promise<void>;

/** @throws `file_not_found` for a folder that is not there, and whatever the machine throws when it gives no terminal */
export async function openRemotePty(
  machine: RemoteMachine,
  folders: RemoteFolders,
  { columns, rows, cwd = '.' }: PtyOptions,
): Promise<Pty> {
  const folder = `${folders.workdir}/${remotePath(folders.workdir, cwd)}`;
  if (cwd !== '.' && !(await isFolder(machine, folder)))
    throw new CrosspointError('file_not_found', { path: cwd.slice(0, 200) });
  const marker = randomBytes(12).toString('hex');
  const printed = new Printed();
  const shell = await machine.pty({
    columns,
    rows,
    cwd: folder,
    env: { [markerVariable]: marker, TERM: 'xterm-256color', COLORTERM: 'truecolor' },
    onData: (bytes) => printed.add(bytes),
  });
  return new RunningPty(shell, printed, () => endTree(machine, marker));
}

/** What the terminal prints before anybody listens is not lost; it is not read on either. */
class Printed {
  readonly #listener: Promise<Listener>;
  #listen: (listener: Listener) => void = () => undefined;

  constructor() {
    this.#listener = new Promise((resolve) => (this.#listen = resolve));
  }

  async add(bytes: Uint8Array): Promise<void> {
    const listener = await this.#listener;
    await listener(bytes);
  }

  listen(listener: Listener): void {
    this.#listen(listener);
  }
}

class RunningPty implements Pty {
  readonly exited: Promise<{ exitCode: number | null }>;
  readonly #shell: RemotePty;
  readonly #printed: Printed;
  readonly #endTree: () => Promise<void>;
  #killed = false;
  #written: Promise<unknown> = Promise.resolve();

  constructor(shell: RemotePty, printed: Printed, end: () => Promise<void>) {
    this.#shell = shell;
    this.#printed = printed;
    this.#endTree = end;
    this.exited = shell.exited.then(async ({ exitCode }) => {
      // The rest of its tree ends with the shell; when nobody answers, the sandbox is lost and with it the tree.
      if (!this.#killed) await end().catch(() => undefined);
      return { exitCode: this.#killed ? null : exitCode };
    });
  }

  onData(listener: Listener): void {
    this.#printed.listen(listener);
  }

  /** In order: each request may take another way to the sandbox. */
  write(bytes: Uint8Array): Promise<void> {
    const written = this.#written.then(() => this.#shell.write(bytes));
    this.#written = written.catch(() => undefined);
    return written;
  }

  resize(columns: number, rows: number): Promise<void> {
    return this.#shell.resize(columns, rows);
  }

  async kill(): Promise<void> {
    this.#killed = true;
    await this.#endTree();
    await this.#shell.kill();
  }
}
