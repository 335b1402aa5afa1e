import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { dropTelemetry, readEnvironment } from './environment-file.ts';

test('.env is read, what is really set wins, and without a file nothing is missing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crosspoint-env-'));
  try {
    assert.deepEqual(readEnvironment({ A: 'real' }, folder), { A: 'real' });
    writeFileSync(join(folder, '.env'), '# keys\nA=file\nB="two words" # why\n\nC=\nexport D=4\n');
    assert.deepEqual(readEnvironment({ A: 'real' }, folder), { A: 'real', B: 'two words', C: '', D: '4' });
    rmSync(join(folder, '.env'));
    mkdirSync(join(folder, '.env'));
    assert.deepEqual(readEnvironment({}, folder), {});
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('tracing that would send conversations to the maker of a library is switched off', () => {
  const env = {
    LANGSMITH_TRACING: 'true',
    LANGCHAIN_API_KEY: 'x',
    LANGCHAIN_TRACING_V2: 'true',
    PATH: '/bin',
  };
  dropTelemetry(env);
  assert.deepEqual(env, { PATH: '/bin' });
});
