import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

export interface TerminalSize {
  cols: number;
  rows: number;
}

/** The command in a terminal of its own; `script` of util-linux makes it, as no native module is here. */
export function terminal(command: string[], { cols, rows }: TerminalSize): string[] {
  const shell = `stty sane rows ${rows} columns ${cols}; exec ${command.join(' ')}`;
  return ['script', '-q', '-e', '-f', '-c', shell, '/dev/null'];
}

/** @param pid of `script` */
export function resizeTerminal(pid: number, { cols, rows }: TerminalSize): void {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ');
  spawnSync('stty', ['-F', readlinkSync(`/proc/${child}/fd/0`), 'rows', `${rows}`, 'columns', `${cols}`]);
}
