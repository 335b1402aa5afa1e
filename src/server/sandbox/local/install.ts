import { spawn } from 'node:child_process';
import { findProgram, systemPath } from './programs.ts';

/** Milliseconds for the package manager, lists included. */
const installTimeoutMs = 180_000;

interface PackageManager {
  program: string;
  install: string[];
  /** Fetches the lists of packages; tried once, when the installation failed without. */
  refresh?: string[];
}

/** In the order of trying; a system has one of them. */
const packageManagers: readonly [PackageManager, ...PackageManager[]] = [
  {
    program: 'apt-get',
    install: ['install', '-y', '--no-install-recommends', 'bubblewrap'],
    refresh: ['update'],
  },
  { program: 'dnf', install: ['install', '-y', 'bubblewrap'] },
  { program: 'apk', install: ['add', '--no-cache', 'bubblewrap'] },
  { program: 'pacman', install: ['-S', '--noconfirm', '--needed', 'bubblewrap'], refresh: ['-Sy'] },
  { program: 'zypper', install: ['--non-interactive', 'install', 'bubblewrap'] },
];

export type InstallOutcome =
  | { state: 'present'; path: string }
  | { state: 'installed'; path: string; command: string }
  /** Not tried: not allowed, nobody to ask, refused, or no known package manager. */
  | { state: 'declined'; reason: string; command: string }
  | { state: 'failed'; reason: string; command: string };

export interface InstallRequest {
  /** Whether the app may install at all (not with CROSSPOINT_NO_INSTALL=1). */
  allowed: boolean;
  /** In a terminal: one question, `true` for yes. null when there is nobody to ask. */
  ask: ((question: string) => Promise<boolean>) | null;
  /** Gets the one line that says what is going to run. */
  announce: (line: string) => void;
  /** Of the app; for tests. */
  uid?: number;
  /** Where programs are looked for; for tests. */
  folders?: readonly string[];
  timeoutMs?: number;
}

/** The one command that installs bubblewrap here, as this user would type it. */
export function installCommand(folders?: readonly string[], uid = process.getuid?.()): string {
  const manager = findManager(folders) ?? packageManagers[0];
  return [...(uid === 0 ? [] : ['sudo']), manager.program, ...manager.install].join(' ');
}

/**
 * Installs bubblewrap through the system's package manager: as root at once, else with sudo after one question. What
 * happened is data; nothing is thrown, and everything else of the app works without it.
 */
export async function installBubblewrap(request: InstallRequest): Promise<InstallOutcome> {
  const present = findProgram('bwrap', request.folders);
  if (present) return { state: 'present', path: present };
  const command = installCommand(request.folders, request.uid);
  const declined = (reason: string): InstallOutcome => ({ state: 'declined', reason, command });
  const manager = findManager(request.folders);
  if (process.platform !== 'linux' || !manager) return declined('no known package manager is here');
  if (!request.allowed) return declined('CROSSPOINT_NO_INSTALL is set');
  const prefix = await permission(request, command);
  if (typeof prefix === 'string') return declined(prefix);
  request.announce(`Installing bubblewrap, in which commands run isolated: ${command}`);
  const reason = await install(manager, prefix, request);
  const path = findProgram('bwrap', request.folders);
  return path
    ? { state: 'installed', path, command }
    : { state: 'failed', reason: reason ?? 'it is not there afterwards', command };
}

function findManager(folders?: readonly string[]): PackageManager | undefined {
  return packageManagers.find(({ program }) => findProgram(program, folders));
}

/** What stands before the command, or why it must not run. */
async function permission(request: InstallRequest, command: string): Promise<string[] | string> {
  if ((request.uid ?? process.getuid?.()) === 0) return [];
  const sudo = findProgram('sudo', request.folders);
  if (!sudo) return 'the app does not run as root, and sudo is not here';
  if (!request.ask) return 'the app does not run as root, and nobody is there to be asked';
  const agreed = await request.ask(`Commands need bubblewrap, which is not installed. Run "${command}" now?`);
  return agreed ? [sudo] : 'it was not wanted';
}

/** @returns why it failed, null when every step ended well */
async function install(
  manager: PackageManager,
  prefix: string[],
  request: InstallRequest,
): Promise<string | null> {
  const deadline = performance.now() + (request.timeoutMs ?? installTimeoutMs);
  const program = findProgram(manager.program, request.folders) ?? manager.program;
  const run = (step: string[]) => runStep([...prefix, program, ...step], deadline, prefix.length > 0);
  const first = await run(manager.install);
  if (first === null || !manager.refresh) return first;
  return (await run(manager.refresh)) ?? (await run(manager.install));
}

/** sudo may ask for a password on the terminal; nothing else may ask for anything. */
function runStep(
  [file = '', ...line]: string[],
  deadline: number,
  terminal: boolean,
): Promise<string | null> {
  // Of our environment only the way to the network: the rest holds keys, and packages run scripts.
  const proxies = Object.fromEntries(Object.entries(process.env).filter(([name]) => /_proxy$/i.test(name)));
  const child = spawn(file, line, {
    cwd: '/',
    env: { ...proxies, PATH: systemPath.join(':'), DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    stdio: [terminal ? 'inherit' : 'ignore', 'pipe', 'pipe'],
    timeout: Math.max(1, Math.ceil(deadline - performance.now())),
    killSignal: 'SIGKILL',
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (printed = (printed + text).slice(-2_000)));
  return new Promise((resolve) => {
    child.once('error', (cause) => resolve(cause.message));
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(null);
      resolve(
        signal ? 'it did not end in time' : (printed.trim().split('\n').at(-1) ?? `it ended with ${code}`),
      );
    });
  });
}
