import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** What runs inside is ours, so this only has to keep two machines apart: processes, ports, /tmp and home. */
const apart = ['--unshare-user', '--unshare-pid', '--unshare-net', '--unshare-ipc', '--die-with-parent'];
const repository = resolve(import.meta.dirname, '../../..');

/** Why no machine starts here, or false. */
export function cannotStartMachines(): string | false {
  const base = ['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev'];
  const { status, error, stderr } = spawnSync('bwrap', [...apart, ...base, 'true'], { encoding: 'utf8' });
  return status === 0 ? false : `bubblewrap does not run here: ${error?.message ?? stderr}`;
}

/**
 * A stand-in for the virtual machine of a remote service: a home folder that outlives its processes, and a daemon (a
 * script of ours, run by node) that listens on a unix socket which the host reaches.
 */
export class Machine {
  readonly socketPath: string;
  readonly home: string;
  readonly #folder: string;
  readonly #daemon: string;
  #process: ChildProcess | null = null;

  private constructor(folder: string, daemon: string) {
    this.#folder = folder;
    this.#daemon = daemon;
    this.home = join(folder, 'home');
    this.socketPath = join(folder, 'socket', 'daemon');
  }

  /** @param daemon absolute path of the script; its first argument is the socket; it prints a line when it listens */
  static async make(daemon: string): Promise<Machine> {
    const folder = await mkdtemp(join(await realpath(tmpdir()), 'crosspoint-machine-'));
    await mkdir(join(folder, 'home'));
    await mkdir(join(folder, 'socket'));
    const machine = new Machine(folder, daemon);
    await machine.start();
    return machine;
  }

  async start(): Promise<void> {
    const node = await realpath(process.execPath);
    const socketFolder = dirname(this.socketPath);
    await rm(this.socketPath, { force: true });
    const mounts = [
      ...['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'],
      ...['--ro-bind', repository, repository, '--ro-bind', dirname(node), dirname(node)],
      ...['--bind', this.home, this.home, '--bind', socketFolder, socketFolder],
    ];
    const run = [
      '--uid',
      '1000',
      '--gid',
      '1000',
      '--chdir',
      this.home,
      '--',
      node,
      this.#daemon,
      this.socketPath,
    ];
    const child = spawn('bwrap', [...apart, ...mounts, ...run], {
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: this.home, USER: 'user', LANG: 'C.UTF-8' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process = child;
    await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(() => Promise.reject(new Error('the daemon of a machine did not start'))),
    ]);
  }

  /** Every process ends; the home folder stays. */
  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'close');
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
