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
    await assert.rejects(files.read('more than asked', { maxBytes: 4_999 }), unreachable);
    await assert.rejects(files.list('no entries'), unreachable);
    await assert.rejects(files.list('an odd entry'), unreachable);
    await assert.rejects(files.stat('an odd entry'), unreachable);
    assert.equal(await files.stat('fine'), null);
  });

  test('our own files that are answered with more or with something else are refused', async () => {
    const read = async (name: string) => {
      for await (const _ of sandbox.scratch.read(name));
    };
    for (const name of ['a-slice-that-is-too-long', 'a-slice-of-no-size'])
      await assert.rejects(read(name), unreachable);
    await assert.rejects(sandbox.files.changedSince(null), unreachable);
    assert.equal((await sandbox.exec('anything')).exitCode, 0);
  });

  test('a terminal that is none, or ends in an odd way, is an error or an end without a code', async () => {
    const open = (columns: number) => sandbox.pty({ columns, rows: 24 });
    await assert.rejects(open(1), hasCode('unsupported_by_sandbox'));
    for (const odd of [2, 3]) {
      const pty = await open(odd);
      let seen = '';
      pty.onData((bytes) => void (seen += Buffer.from(bytes).toString()));
      assert.deepEqual(await pty.exited, { exitCode: null });
      assert.equal(seen, 'bye');
      await pty.write(Buffer.from('to nobody'));
      await pty.resize(80, 24);
      await pty.kill();
    }
    // The word of its end without the end of its bytes.
    const pty = await open(4);
    pty.onData(() => undefined);
    await pty.kill();
    assert.deepEqual(await pty.exited, { exitCode: null });
    assert.equal((await sandbox.exec('anything')).exitCode, 0);
  });

  test('a terminal that floods costs no memory while nobody reads it', async () => {
    const before = process.memoryUsage().rss;
    const pty = await sandbox.pty({ columns: 80, rows: 24 });
    pty.onData(() => new Promise(() => undefined));
    for (let round = 0; round < 200; round += 1) await sandbox.exec('anything');
    assert.ok(process.memoryUsage().rss - before < 50_000_000);
    await sandbox.stop();
    assert.deepEqual(await pty.exited, { exitCode: null });
  });

  test('only the first connection with the token that was asked for is a port', async () => {
    const connect = async (port: number) => {
      const target = await sandbox.port(port);
      assert.ok(target.kind === 'socket');
      return target.connect();
    };
    await assert.rejects(connect(1), hasCode('port_closed'));
    await assert.rejects(connect(2), hasCode('port_closed'));
    const connection = await connect(3);
    let seen = '';
    for await (const chunk of connection) seen += String(chunk);
    assert.equal(seen, 'first');
    assert.equal((await sandbox.exec('anything')).exitCode, 0);
  });
});

const unreachable = hasCode('sandbox_unreachable');

function hasCode(code: string): (cause: unknown) => boolean {
  return (cause) => cause instanceof CrosspointError && cause.code === code;
}
