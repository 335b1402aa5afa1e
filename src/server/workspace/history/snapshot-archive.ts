import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CrosspointError } from '#protocol/errors.ts';
import type { ExecResult, Sandbox } from '#server/sandbox/sandbox.ts';

/** Milliseconds. */
const timeoutMs = 300_000;
/** Exit code of scripts/archive.sh: there is git. */
const hasGit = 97;

/** Packs a workspace whose sandbox has no git. @returns the fields that scripts/archive.sh prints; null: it has git */
export async function archiveWorkspace(sandbox: Sandbox, last: string): Promise<string[] | null> {
  const result = await run(sandbox, 'archive', { LAST: last });
  if (result.exitCode === hasGit) return null;
  assertDone(result);
  return result.stdout.split('\0').slice(0, -1);
}

/** Puts an archive of it into a fresh one. @param name in scratch */
export async function unpackWorkspace(sandbox: Sandbox, name: string): Promise<void> {
  assertDone(await run(sandbox, 'unpack', { NAME: name }));
}

function run(sandbox: Sandbox, operation: string, env: Record<string, string>): Promise<ExecResult> {
  const read = (name: string) => readFileSync(join(import.meta.dirname, 'scripts', `${name}.sh`), 'utf8');
  // What is left out is named once, for both ways.
  const excluded = /^excluded=\(.*\)$/m.exec(read('common'))?.[0];
  if (excluded === undefined) throw new Error('scripts/common.sh does not name what is left out.');
  return sandbox.exec(`${excluded}\n${read(operation)}`, {
    env: { ...env, SCRATCH: sandbox.scratch.folder, WORKTREE: sandbox.workdir },
    timeoutMs,
    maxOutputBytes: 16 * 1_048_576,
  });
}

function assertDone({ exitCode, truncatedBytes, lost, stderr, timedOut }: ExecResult): void {
  if (lost) throw new CrosspointError('sandbox_unreachable');
  if (exitCode === 0 && truncatedBytes === 0) return;
  const line = stderr.trim().split('\n').at(-1) ?? '';
  throw new Error(
    timedOut ? 'the workspace is too large.' : `tar failed in the sandbox (${line.slice(0, 200)}).`,
  );
}
