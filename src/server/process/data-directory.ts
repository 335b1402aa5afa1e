import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from './start-error.ts';

const sqliteBusy = 5;

/** What a running server says about itself, for `npm start -- login` and `-- doctor`. */
export interface RunningServer {
  pid: number;
  /** `http://localhost:3210`; absent while it starts. */
  origin?: string;
}

/**
 * The data directory of one server process, and of one only. The lock is one of the operating system on `crosspoint.lock`
 * (taken by SQLite), so that it is gone with the process, however that ended: no stale lock, no process id that meanwhile
 * belongs to another.
 */
export class DataDirectory {
  readonly path: string;
  readonly #lock: DatabaseSync;

  private constructor(path: string, lock: DatabaseSync) {
    this.path = path;
    this.#lock = lock;
  }

  /** @throws StartError when it cannot be written, or another process has it */
  static open(path: string): DataDirectory {
    makeFolder(path);
    const lock = tryLock(path);
    if (!lock) throw new StartError(inUse(path));
    const directory = new DataDirectory(path, lock);
    try {
      directory.announce({ pid: process.pid });
    } catch (cause) {
      throw notWritable(path, cause);
    }
    return directory;
  }

  announce(server: RunningServer): void {
    writeFileSync(serverFile(this.path), JSON.stringify(server), { mode: 0o600 });
  }

  close(): void {
    rmSync(serverFile(this.path), { force: true });
    this.#lock.close();
  }
}

/** The server that runs on a data directory, null when none does. */
export function findRunningServer(path: string): RunningServer | null {
  if (!existsSync(lockFile(path))) return null;
  const lock = tryLock(path);
  lock?.close();
  return lock ? null : readServerFile(path);
}

const lockFile = (path: string) => join(path, 'crosspoint.lock');
const serverFile = (path: string) => join(path, 'server.json');

/** null when another process has it. @throws StartError when the folder cannot be written */
function tryLock(path: string): DatabaseSync | null {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(lockFile(path), { timeout: 0 });
    chmodSync(lockFile(path), 0o600);
    lock.exec('begin exclusive');
    return lock;
  } catch (cause) {
    lock?.close();
    if ((cause as { errcode?: number }).errcode === sqliteBusy) return null;
    throw notWritable(path, cause);
  }
}

function makeFolder(path: string): void {
  try {
    makeEach(path);
    // A folder that holds other things too is not ours to close.
    const entries = readdirSync(path);
    if (entries.length === 0 || entries.includes('crosspoint.db')) chmodSync(path, 0o700);
  } catch (cause) {
    throw notWritable(path, cause);
  }
}

/** Node's own recursion never ends below `/proc`, where a folder is refused as if its parent were missing. */
function makeEach(path: string): void {
  if (existsSync(path) && statSync(path).isDirectory()) return;
  const parent = dirname(path);
  if (!existsSync(parent)) makeEach(parent);
  mkdirSync(path, { mode: 0o700 });
}

function notWritable(path: string, cause: unknown): StartError {
  const { message } = cause as Error;
  return new StartError(
    `The data directory ${path} cannot be written (${message}). Make it writable, or set CROSSPOINT_DATA_DIR to another one.`,
    { cause },
  );
}

function inUse(path: string): string {
  const { pid, origin } = readServerFile(path) ?? {};
  const known = [pid && `process ${pid}`, origin].filter(Boolean).join(', ');
  return `Another Crosspoint${known ? ` (${known})` : ''} already uses the data directory ${path}. Open it with "npm start -- login", stop it, or set CROSSPOINT_DATA_DIR to another one.`;
}

function readServerFile(path: string): RunningServer | null {
  try {
    return JSON.parse(readOrEmpty(serverFile(path))) as RunningServer;
  } catch (cause) {
    if (cause instanceof SyntaxError) return null;
    throw cause;
  }
}

function readOrEmpty(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
