import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createLocalSandboxes } from '#server/sandbox/local/local-sandboxes.ts';
import { skippedFolders } from '#server/search/indexer/indexable.ts';
import type { Figure } from './figures.ts';

const sandboxId = 'indexed';

interface Measured {
  chunks: number;
  seconds: number;
  /** Megabytes; the others are over it. */
  idle: number;
  peak: number;
  searched: number;
  left: number;
}

/** What the index of these files takes in a process that does nothing else (`index-process.ts`). */
export async function indexMemory(folder: string, paths: readonly string[]): Promise<Figure[]> {
  const dataDir = join(folder, 'data');
  await fillWorkspace(dataDir, paths);
  const program = join(import.meta.dirname, 'index-process.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [program, dataDir, sandboxId]);
  const { chunks, seconds, idle, peak, searched, left } = JSON.parse(stdout) as Measured;
  const over = `over ${idle.toFixed(0)} MB idle`;
  return [
    { name: `${chunks} chunks through the sandbox`, value: seconds, unit: 's' },
    { name: 'memory while indexing, highest', value: peak, unit: 'MB', bar: 150, detail: over },
    { name: 'memory after some queries', value: searched, unit: 'MB', bar: 150, detail: over },
    { name: 'memory when its threads have ended', value: left, unit: 'MB', bar: 150, detail: over },
  ];
}

/** @throws where no sandbox runs */
async function fillWorkspace(dataDir: string, paths: readonly string[]): Promise<void> {
  const sandboxes = createLocalSandboxes({ dataDir });
  try {
    const sandbox = await sandboxes.open(sandboxId);
    const waiting = paths.values();
    const work = async () => {
      for (const path of waiting)
        await sandbox.files.write(path.split('/').map(indexedName).join('/'), readFileSync(path));
    };
    await Promise.all(Array.from({ length: 8 }, work));
  } finally {
    await sandboxes.close();
  }
}

/** A workspace's packages are not indexed: here they are the code. */
function indexedName(name: string): string {
  return skippedFolders.includes(name) || name.startsWith('.') ? `of-${name.replace(/^\./, '')}` : name;
}
