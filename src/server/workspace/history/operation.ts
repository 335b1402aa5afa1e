import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CrosspointError } from '#protocol/errors.ts';
import type { ExecResult, Sandbox } from '#server/sandbox/sandbox.ts';

export type Operation =
  | 'record'
  | 'compare'
  | 'changes'
  | 'look'
  | 'merge'
  | 'build'
  | 'apply'
  | 'versions'
  | 'blob'
  | 'save'
  | 'restore';

/** Milliseconds: the first state of a large repository takes a while. */
const timeoutMs = 300_000;
/** Bytes of an answer: 200,000 changed files. */
const maxOutputBytes = 64 * 1_048_576;
/** Exit codes of scripts/common.sh. */
const noGit = 97;
const busy = 98;

const scripts = new Map<Operation, string>();

function scriptOf(operation: Operation): string {
  const read = (name: string) => readFileSync(join(import.meta.dirname, 'scripts', `${name}.sh`), 'utf8');
  const script = scripts.get(operation) ?? `${read('common')}\n${read(operation)}`;
  scripts.set(operation, script);
  return script;
}

/**
 * Runs one operation in the sandbox. Values travel in the environment and on standard input, never in the script.
 * @returns the fields that it printed, which zero bytes end
 * @throws CrosspointError `no_history`, `sandbox_unreachable`
 */
export async function runOperation(
  sandbox: Sandbox,
  operation: Operation,
  { env = {}, input = [] }: { env?: Record<string, string>; input?: readonly string[] } = {},
): Promise<string[]> {
  const result = await sandbox.exec(scriptOf(operation), {
    env: { ...env, SCRATCH: sandbox.scratch.folder, WORKTREE: sandbox.workdir },
    stdin: Buffer.from(input.map((field) => `${field}\0`).join('')),
    timeoutMs,
    maxOutputBytes,
  });
  if (result.exitCode === 0 && result.truncatedBytes === 0) return result.stdout.split('\0').slice(0, -1);
  throw failureOf(operation, result);
}

function failureOf(operation: Operation, result: ExecResult): CrosspointError {
  const said = `${operation}: ${result.stderr.trim().slice(-1_000)}`;
  const cause = new Error(`${said} (exit ${result.exitCode}, signal ${result.signal})`);
  if (result.lost) return new CrosspointError('sandbox_unreachable', {}, { cause });
  return new CrosspointError('no_history', { reason: reasonOf(result) }, { cause });
}

function reasonOf(result: ExecResult): string {
  if (result.exitCode === noGit)
    return 'git is not installed in the sandbox. Install it there (apt-get install git), or on this machine for local sandboxes.';
  if (result.exitCode === busy) return 'the operation before this one still runs. Try again in a minute.';
  if (result.timedOut) return 'the workspace is too large: git did not finish in time.';
  if (result.truncatedBytes > 0) return 'more files changed than can be told at once.';
  const line = result.stderr.trim().split('\n').at(-1) ?? '';
  return `git failed in the sandbox${line ? ` (${line.slice(0, 200)})` : ''}.`;
}

/** Whether a sandbox cannot keep a history at all. */
export function isWithoutHistory(error: unknown): boolean {
  return error instanceof CrosspointError && error.code === 'no_history';
}
