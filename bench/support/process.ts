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

function processTree(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((each) => statusField(each, 'PPid') === pid);
  return [pid, ...children.flatMap(processTree)];
}

/** 0 for a process that ended meanwhile. */
function statusField(pid: number, name: string): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
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
