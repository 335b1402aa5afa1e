import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Commands } from './commands.ts';
import { isFolder, workspace } from './file-requests.ts';
import { FrameReader, frameKind } from './frames.ts';
import { markerVariable, newMarker } from './processes.ts';
import type { Reply } from './reply.ts';
import type { PodRequest } from './requests.ts';
import { dialHost } from './tunnels.ts';

/**
 * Terminals. `script` of util-linux makes them, inside of the pod: around the pod, Ctrl-C would end the pod, and Node has
 * none without a native module. Its input is no terminal, so the size is set from inside the shell, and later by name.
 */
export class Ptys {
  readonly #commands: Commands;
  readonly #socketPath: string;
  readonly #pids = new Map<string, number>();

  constructor(commands: Commands, socketPath: string) {
    this.#commands = commands;
    this.#socketPath = socketPath;
  }

  /** Answers when the shell has ended. */
  start(id: number, request: Extract<PodRequest, { op: 'pty' }>, reply: Reply): void {
    const { token, columns, rows, cwd } = request;
    if (!isFolder(join(workspace, cwd))) return reply.failed({ code: 'not_found', detail: cwd });
    // Not the token: every process in the pod sees the marker, and the first to dial with a token has the terminal.
    const marker = newMarker();
    const shell = `stty sane rows ${rows} columns ${columns}; exec /bin/bash -i`;
    const child = spawn('/usr/bin/script', ['-q', '-e', '-f', '-c', shell, '/dev/null'], {
      cwd: join(workspace, cwd),
      env: {
        ...process.env,
        TERM: 'xterm-256color',
        COLORTERM: 'truecolor',
        SHELL: '/bin/bash',
        [markerVariable]: marker,
      },
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    child.once('error', (cause) => reply.failed({ code: 'other', detail: cause.message }));
    if (child.pid === undefined) return;
    this.#pids.set(token, child.pid);
    const end = this.#commands.adopt(id, { marker, pid: child.pid });
    const host = dialHost(this.#socketPath, token);
    host.on('error', () => undefined);
    child.stdin.on('error', () => undefined);
    show(child.stdout, host, child.stdin);
    child.once('exit', (exitCode, signal) => {
      this.#pids.delete(token);
      void end().then(() => reply.done({ exitCode, signal, timedOut: false, survivors: 0 }));
    });
  }

  resize({ token, columns, rows }: Extract<PodRequest, { op: 'resize' }>, reply: Reply): void {
    const terminal = this.#terminalOf(this.#pids.get(token));
    if (terminal === null) return reply.failed({ code: 'not_found', detail: 'terminal' });
    spawnSync('/usr/bin/stty', ['-F', terminal, 'rows', String(rows), 'columns', String(columns)]);
    reply.done({});
  }

  /** The terminal is the input of what `script` started. */
  #terminalOf(pid: number | undefined): string | null {
    if (pid === undefined) return null;
    try {
      const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ');
      const terminal = readlinkSync(`/proc/${child}/fd/0`);
      return terminal.startsWith('/dev/pts/') ? terminal : null;
    } catch {
      return null;
    }
  }
}

/** Bytes that may be on their way to whoever shows them. More would stand before the echo of the next key. */
const mostUnseen = 49_152;

/**
 * What the terminal prints goes to the host as it is; from the host come frames: keys, and how much of it was shown. Else
 * the sockets on the way would fill with some 400 KB whenever the host is busy.
 */
function show(printed: Readable, host: Socket, keys: Writable): void {
  let unseen = 0;
  printed.on('data', (chunk: Buffer) => {
    unseen += chunk.length;
    host.write(chunk);
    if (unseen > mostUnseen) printed.pause();
  });
  printed.once('end', () => host.end());
  const reader = new FrameReader();
  host.on('data', (chunk: Buffer) => {
    for (const { kind, id, payload } of reader.push(chunk)) {
      if (kind === frameKind.data) keys.write(payload);
      if (kind === frameKind.shown) unseen -= id;
    }
    if (unseen <= mostUnseen) printed.resume();
  });
  host.once('end', () => keys.end());
}
