import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { StartError } from './start-error.ts';

export type Environment = Record<string, string | undefined>;

/** The environment with the `.env` of a folder below it: what is really set wins. */
export function readEnvironment(env: Environment, folder: string): Environment {
  return { ...readFile(join(folder, '.env')), ...env };
}

function readFile(path: string): Environment {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    // A folder of that name is somebody's virtual environment.
    if (code === 'ENOENT' || code === 'EISDIR') return {};
    throw new StartError(`The file ${path} cannot be read: ${message}. Make it readable, or remove it.`, {
      cause,
    });
  }
}

/** Tracing of the libraries we use would send whole conversations to its maker; nobody asked for that (docs/egress.md). */
export function dropTelemetry(env: Environment): void {
  for (const name of Object.keys(env)) if (/^(?:LANGSMITH|LANGCHAIN)_/.test(name)) delete env[name];
}
