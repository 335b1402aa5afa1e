import { test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { aCall, aCaller, noLimits, someOptions } from '../testing/limited-call.ts';
import { readPolicy } from '../v1/rate-limit-policy.ts';
import { createAdmissions } from './admissions.ts';
import { openLimitStore } from './sqlite-limit-store.ts';

const policy = '5;w=31536000';

/** Until the child's bucket is in the file; the test runner's own limit ends a wait in vain. */
async function writtenBehind(path: string): Promise<void> {
  const reader = new DatabaseSync(path, { readOnly: true });
  while (!reader.prepare('select 1 from buckets').get()) await sleep(5);
  reader.close();
}

test('a server that is killed with all its calls open finds no full bucket and no reservation after its restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crosspoint-limits-'));
  const path = join(folder, 'limits.db');
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('testing/limits-child.ts', import.meta.url)), path, policy],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  try {
    await once(child.stdout, 'data');
    await writtenBehind(path);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const store = openLimitStore({ path });
    const desk = createAdmissions({ store, settings: () => noLimits });
    assert.deepEqual(await store.spent('key:k', 'total'), { usd: 10, heldUsd: 0, unpricedCalls: 0 });
    const options = someOptions({ rateLimit: readPolicy(policy) });
    await assert.rejects(desk.admit(aCaller(), options, aCall(), new AbortController().signal), {
      code: 'rate_limited',
    });
    store.close();
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
});
