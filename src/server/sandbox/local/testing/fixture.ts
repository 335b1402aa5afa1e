import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalSandboxes } from '../local-sandboxes.ts';
import type { LocalSandboxOptions, LocalSandboxes } from '../local-sandboxes.ts';

/**
 * Why suites of the local sandbox are skipped on this machine, or false. Only for what the machine lacks or forbids: a
 * sandbox that does not start for another reason, or is not tight, is a failure to show.
 */
export async function cannotRun(): Promise<string | false> {
  await using fixture = await localFixture();
  const health = await fixture.provider.selfTest();
  return health.ok || health.reason.startsWith('The sandbox') ? false : `${health.reason} ${health.remedy}`;
}

/** A provider with a data directory of its own, both gone at the end of the scope. */
export async function localFixture(
  options: Partial<LocalSandboxOptions> = {},
): Promise<AsyncDisposable & { provider: LocalSandboxes; dataDir: string }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'crosspoint-sandbox-'));
  const provider = createLocalSandboxes({ dataDir, ...options });
  return {
    provider,
    dataDir,
    async [Symbol.asyncDispose]() {
      await provider.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
