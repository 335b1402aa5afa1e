import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The peer that the gateway is held against; installed apart from the project, for the benchmark alone. */
const version = '1.15.2';
/** Those of its own lock file: with newer ones its streams fail (its issues 1389 and 1550). */
const pinned = { hono: '4.9.7', '@hono/node-server': '1.13.5' };

/** The path of its program, or null where it cannot be installed. */
export function installPortkey(): string | null {
  const folder = join(tmpdir(), `crosspoint-bench-portkey-${version}`);
  const program = join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js');
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const dependencies = { '@portkey-ai/gateway': version, ...pinned };
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, dependencies, overrides: pinned }),
  );
  const arguments_ = ['install', '--no-audit', '--no-fund', '--ignore-scripts'];
  spawnSync('npm', arguments_, { cwd: folder, stdio: 'ignore', timeout: 120_000 });
  return existsSync(program) ? program : null;
}

export async function startPortkey(program: string, port: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program, '--headless', `--port=${port}`], {
    env: { PATH: process.env.PATH, NODE_ENV: 'production' },
    stdio: 'ignore',
  });
  for (let tries = 0; tries < 100 && child.exitCode === null; tries += 1) {
    if (await isOpen(port)) return child;
    await sleep(100);
  }
  child.kill();
  throw new Error('the peer did not start');
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
