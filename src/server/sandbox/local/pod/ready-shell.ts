import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import { workspace } from './file-requests.ts';
import { markerVariable, newMarker } from './processes.ts';
import type { Root } from './processes.ts';

/** A process that becomes a command: it has a command's limits, a marker, and its pipes already. */
export interface ReadyShell {
  child: ChildProcess;
  root: Root;
}

/** Descriptor on which the command arrives; the command itself no longer has it. */
const commandDescriptor = 3;
/** Characters. bash reads its descriptor byte by byte, so a long command is started in the ordinary way. */
const longestCommand = 8_192;

/**
 * Starting a process costs the supervisor 2 ms and a second bash 1 ms, and a trivial command of an agent is over in less. So
 * one shell is started ahead, after the command before, and waits; what it reads it evaluates as `bash -c` would.
 */
export class ReadyShells {
  readonly #script: string;
  #waiting: ReadyShell | null = null;

  /** @param limits shell commands that set what each command of the pod is limited by */
  constructor(limits: string) {
    const input = `IFS= read -r -d "" <&3; [ "$REPLY" = yes ] || exec </dev/null`;
    // The command sees neither the descriptor nor a variable of ours; REPLY is bash's own for whatever was read last.
    const command = `IFS= read -r -d "" <&3; exec 3<&-; eval "$REPLY"`;
    this.#script = `${limits}; ${input}; ${command}`;
  }

  /** Of the shell that waits, so that nobody takes it for a process that was left behind. */
  get root(): Root | null {
    return this.#waiting?.root ?? null;
  }

  /** The waiting shell, told its command; null when there is none, or the command is not for it. */
  take(command: string, stdin: boolean): ReadyShell | null {
    const shell = this.#waiting;
    if (!shell || command.length > longestCommand || command.includes('\0')) return null;
    this.#waiting = null;
    shell.child.removeAllListeners();
    const input = shell.child.stdio[commandDescriptor] as Writable;
    input.end(`${stdin ? 'yes' : 'no'}\0${command}\0`);
    if (!stdin) shell.child.stdin?.end();
    return shell;
  }

  /** Starts a shell for the next command, unless one waits. That it cannot is told by the command that needs it. */
  prepare(): void {
    if (this.#waiting) return;
    const marker = newMarker();
    const child = spawn('/bin/bash', ['--noprofile', '--norc', '-c', this.#script], {
      cwd: workspace,
      env: { ...process.env, [markerVariable]: marker },
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    });
    child.on('error', () => undefined);
    for (const stream of [child.stdin, child.stdio[commandDescriptor]]) stream?.on('error', () => undefined);
    if (child.pid === undefined) return;
    const shell = { child, root: { marker, pid: child.pid } };
    child.on('exit', () => {
      if (this.#waiting === shell) this.#waiting = null;
    });
    this.#waiting = shell;
  }
}
