import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from '#server/process/start-error.ts';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const vite = `${root}node_modules/vite/bin/vite.js`;
const cache = `${root}node_modules/.cache/crosspoint`;
/** Written after a build that went well: the hash of what it was made from. */
const stamp = `${root}build/.sources`;
/** Everything that the page is made from. */
const sources = [
  'src/{ui,routes,protocol}/**/*',
  'src/*.*',
  'static/**/*',
  'vite.config.ts',
  'package-lock.json',
];

/** Builds the page when it was never built, or was built from other sources. @throws StartError with what went wrong */
export async function ensurePage(): Promise<void> {
  if (isBuilt(hashSources())) return;
  if (!existsSync(vite))
    throw new StartError(
      'The page is not built, and what builds it is not installed (NODE_ENV=production leaves it out). Run "npm install --include=dev", then "npm start".',
    );
  const unlock = await lockBuild();
  try {
    const hash = hashSources();
    // Another process may have built it in the meantime.
    if (!isBuilt(hash)) await build(hash);
  } finally {
    unlock();
  }
}

/** Whether `npm start` would have to build the page first. */
export function isPageBuilt(): boolean {
  return isBuilt(hashSources());
}

function isBuilt(hash: string): boolean {
  return existsSync(`${root}build/handler.js`) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash;
}

function hashSources(): string {
  const hash = createHash('sha256');
  const files = globSync(sources, { cwd: root })
    .filter((path) => !path.endsWith('.test.ts'))
    .sort();
  for (const path of files) {
    if (!statSync(root + path).isFile()) continue;
    hash
      .update(`${path}\0`)
      .update(readFileSync(root + path))
      .update('\0');
  }
  return hash.digest('hex');
}

/** Two processes that start at once build once. */
async function lockBuild(): Promise<() => void> {
  mkdirSync(cache, { recursive: true });
  for (;;) {
    const lock = new DatabaseSync(`${cache}/build.lock`, { timeout: 0 });
    try {
      lock.exec('begin exclusive');
      return () => lock.close();
    } catch (cause) {
      lock.close();
      if ((cause as { errcode?: number }).errcode !== 5) throw cause;
      await sleep(200);
    }
  }
}

async function build(hash: string): Promise<void> {
  console.error('Building the page, once …');
  const child = spawn(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-4_000)));
  const stop = () => child.kill();
  process.once('exit', stop);
  const code = await new Promise((resolve) => child.once('close', resolve));
  process.off('exit', stop);
  if (code !== 0) throw new StartError(`The page could not be built:\n${output.trim()}`);
  writeFileSync(stamp, hash);
}
