import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { CrosspointError } from '#protocol/errors.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { ExecResult, Sandbox, SandboxProvider } from '../sandbox.ts';

/** What the promises are asked of. */
export interface Context {
  sandbox: () => Sandbox;
  provider: () => SandboxProvider;
}

export const freshId = () => `contract_${randomBytes(8).toString('hex')}`;
export const bytes = (text: string) => new TextEncoder().encode(text);
export const text = (content: Uint8Array) => new TextDecoder().decode(content);
export const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');

export async function refuses(promise: Promise<unknown>, ...codes: ErrorCode[]): Promise<void> {
  await assert.rejects(promise, (cause) => {
    assert.ok(cause instanceof CrosspointError, `an error of the catalogue, not ${String(cause)}`);
    assert.ok(codes.includes(cause.code), `${cause.code} is one of ${codes.join(', ')}`);
    return true;
  });
}

export function succeeded(result: ExecResult): ExecResult {
  assert.equal(result.exitCode, 0, JSON.stringify(result));
  return result;
}

/** How many processes have `word` on their command line, without needing ps. */
export async function processesWith(sandbox: Sandbox, word: string): Promise<number> {
  // The word is put together inside, so that this command does not count itself.
  const pattern = `"$w"${word.slice(1)}`;
  const result = await sandbox.exec(
    `w=${word.slice(0, 1)}; n=0
    for each in /proc/[0-9]*/cmdline; do
      case $(tr '\\0' ' ' <"$each" 2>/dev/null) in *${pattern}*) n=$((n + 1)) ;; esac
    done; echo $n`,
  );
  return Number(result.stdout);
}
