import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The environment of a provider that is the mock. */
export function mockProvider(origin: string): Record<string, string> {
  const provider = {
    id: 'mock',
    label: 'Mock',
    baseUrl: `${origin}/v1`,
    wire: 'openai-chat',
    models: ['instant'],
  };
  return {
    CUSTOM_PROVIDERS: JSON.stringify([provider]),
    DEFAULT_MODEL_PROVIDER: 'mock',
    DEFAULT_MODEL: 'instant',
  };
}

/** Kilobytes of memory of a process and of the processes that it started. */
export function residentKilobytes(pid: number): number {
  return processTree(pid).reduce((sum, each) => sum + statusField(each, 'VmRSS'), 0);
}

/** As `residentKilobytes`, with memory that several share counted once for all of them. */
export function proportionalKilobytes(pid: number): number {
  return processTree(pid).reduce((sum, each) => sum + fieldOf(`/proc/${each}/smaps_rollup`, 'Pss'), 0);
}

export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((each) => statusField(each, 'PPid') === pid);
}

function processTree(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(processTree)];
}

function statusField(pid: number, name: string): number {
  return fieldOf(`/proc/${pid}/status`, name);
}

/** 0 for a process that ended meanwhile. */
function fieldOf(file: string, name: string): number {
  try {
    return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(file, 'utf8'))?.[1] ?? 0);
  } catch (cause) {
    if (['ENOENT', 'ESRCH'].includes((cause as NodeJS.ErrnoException).code ?? '')) return 0;
    throw cause;
  }
}

/** Bytes of the files of a folder whose names match, not of its subfolders. */
export function folderBytes(folder: string, names: RegExp): number {
  return readdirSync(folder)
    .filter((name) => names.test(name))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}
