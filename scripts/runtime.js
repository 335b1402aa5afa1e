import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Plain JavaScript that Node 20 can run: it finds the Node that runs everything else. */

export const root = fileURLToPath(new URL('..', import.meta.url));
const needed = 24;

/** Whether this very process is new enough. */
export const isNewEnough = Number(process.versions.node.split('.', 1)[0]) >= needed;

/** Path of a Node of version 24 or later; ends the process with one sentence when there is none. */
function findRuntime() {
  if (isNewEnough) return process.execPath;
  const packaged = `${root}node_modules/node-${process.platform}-${process.arch}/bin/node`;
  if (existsSync(packaged)) return packaged;
  const here = `Crosspoint needs Node ${needed} or later, and this is Node ${process.versions.node}.`;
  const comesAlong = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);
  console.error(
    comesAlong
      ? `${here} Run "npm install --include=optional", which brings one along.`
      : `${here} Install it from https://nodejs.org and try again.`,
  );
  process.exit(1);
}

/**
 * Runs a program on the right Node, with this terminal, and ends as it ends. The channel tells it when this process is
 * killed, so that it never stays behind alone.
 * @param {string[]} args the program and its arguments
 */
export function runWithRuntime(args) {
  const child = spawn(findRuntime(), args, {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    // glibc gives each thread a heap of its own, and keeps what is free in it: 60 MB more while code is indexed.
    env: { MALLOC_ARENA_MAX: '2', ...process.env },
  });
  // The terminal sends these to both; a service manager only to this process.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}

/** Milliseconds; how often somebody looks whether the parent is still there costs nothing. */
const parentCheckMs = 500;

/**
 * Ends this process as a signal would when its parent is gone. npm passes no signal on: `kill` on `npm start` ends npm and
 * its shell, and would leave the server behind on its port.
 */
export function endWithParent() {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, parentCheckMs);
  timer.unref();
}
