import assert from 'node:assert/strict';
import { chmod, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CrosspointError } from '#protocol/errors.ts';
import type { Sandbox } from '../sandbox.ts';
import { cannotRun, localFixture } from './testing/fixture.ts';

/** The supervisor has no authority: whatever it sends is a result, an error of the catalogue, or its end. */
describe('a supervisor that an attacker took over', { skip: await cannotRun(), concurrency: false }, () => {
  let programs: string;
  let fixture: Awaited<ReturnType<typeof localFixture>>;
  let sandbox: Sandbox;
  before(async () => {
    programs = await mkdtemp(join(tmpdir(), 'crosspoint-hostile-'));
    await chmod(programs, 0o755);
    await copyFile(join(import.meta.dirname, 'testing/hostile-supervisor.js'), join(programs, 'hostile.mjs'));
    await copyFile(process.execPath, join(programs, 'node'));
    for (const name of ['hostile.mjs', 'node']) await chmod(join(programs, name), 0o755);
    await writeFile(
      join(programs, 'bwrap'),
      `#!/bin/sh\nexec ${programs}/node ${programs}/hostile.mjs "$@"\n`,
    );
    await chmod(join(programs, 'bwrap'), 0o755);
    fixture = await localFixture({ programs: [programs] });
    sandbox = await fixture.provider.open('hostile');
  });
  after(async () => {
    await fixture[Symbol.asyncDispose]();
    await rm(programs, { recursive: true });
  });

  for (const answer of [
    ...['a frame without end', 'a frame of no kind', 'no JSON', 'another type', 'a strange signal'],
    ...['a file for output', 'file content', 'a failure without a code', 'noise', 'the end'],
  ])
    test(`a command that is answered with ${answer} is lost, and the pod with it`, async () => {
      const result = await sandbox.exec(answer);
      assert.deepEqual([result.lost, result.exitCode], [true, null]);
      assert.equal((await sandbox.exec('anything')).exitCode, 0);
    });

  test('a command that is never answered is lost after its time', async () => {
    assert.equal((await sandbox.exec('silence', { timeoutMs: 1 })).lost, true);
  });

  test('second answers and answers to nobody are nothing', async () => {
    assert.equal((await sandbox.exec('two answers')).exitCode, 0);
    assert.equal((await sandbox.exec('answers to nobody')).exitCode, 0);
    assert.equal((await sandbox.exec('anything')).exitCode, 0);
  });

  test('a file request that is answered with more or with something else fails', async () => {
    const { files } = sandbox;
    const unreachable = (cause: unknown) =>
      cause instanceof CrosspointError && cause.code === 'sandbox_unreachable';
    await assert.rejects(files.read('more than asked', { maxBytes: 4_999 }), unreachable);
    await assert.rejects(files.list('no entries'), unreachable);
    await assert.rejects(files.list('an odd entry'), unreachable);
    await assert.rejects(files.stat('an odd entry'), unreachable);
    assert.equal(await files.stat('fine'), null);
  });
});
