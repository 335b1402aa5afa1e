import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { bytes, refuses, sha256, succeeded } from './context.ts';
import type { Context } from './context.ts';

export function commandPromises({ sandbox }: Context): void {
  test('a command gives its exit code and both streams apart', async () => {
    const result = await sandbox().exec('echo out; echo err >&2; exit 7');
    assert.deepEqual(
      [result.exitCode, result.signal, result.stdout, result.stderr],
      [7, null, 'out\n', 'err\n'],
    );
    assert.deepEqual(
      [result.timedOut, result.cancelled, result.lost, result.truncatedBytes],
      [false, false, false, 0],
    );
    assert.ok(result.durationMs > 0);
  });

  test('a command that does not exist, that no shell can parse or that cannot be given, is a result', async () => {
    assert.equal((await sandbox().exec('no-such-program-here')).exitCode, 127);
    assert.equal((await sandbox().exec('if then (')).exitCode, 2);
    assert.equal((await sandbox().exec('a\0b')).exitCode, 126);
    assert.equal((await sandbox().exec('#'.repeat(3_000_000))).exitCode, 126);
    assert.equal((await sandbox().exec('echo after')).stdout, 'after\n');
  });

  test('a command that a signal killed says which', async () => {
    const result = await sandbox().exec('kill -9 $$');
    assert.deepEqual([result.exitCode, result.signal, result.timedOut], [null, 'SIGKILL', false]);
  });

  test('output arrives while the command runs', async () => {
    const seen: string[] = [];
    const result = await sandbox().exec('echo first; until [ -e go ]; do sleep 0.01; done; echo second', {
      onOutput: (stream, piece) => {
        seen.push(`${stream} ${piece}`);
        // The command ends only because its first words were seen before its end.
        if (seen.length === 1) void sandbox().files.write('go', bytes(''));
      },
      timeoutMs: 20_000,
    });
    assert.deepEqual([result.exitCode, seen], [0, ['stdout first\n', 'stdout second\n']]);
    await sandbox().files.remove('go');
  });

  test('a character that arrives in two pieces stays one', async () => {
    let seen = '';
    const command = String.raw`printf '\xe2\x82'; sleep 0.05; printf '\xac'`;
    const result = await sandbox().exec(command, { onOutput: (_, piece) => (seen += piece) });
    assert.deepEqual([result.stdout, seen], ['€', '€']);
  });

  test('standard input is given byte for byte and then closed', async () => {
    const stdin = randomBytes(1_500_000);
    const result = succeeded(await sandbox().exec('sha256sum', { stdin }));
    assert.equal(result.stdout.split(' ')[0], sha256(stdin));
    assert.equal((await sandbox().exec('wc -c', { stdin: new Uint8Array() })).stdout.trim(), '0');
  });

  test('a command that leaves its input unread, or has none, ends normally', async () => {
    succeeded(await sandbox().exec('true', { stdin: randomBytes(2_000_000) }));
    assert.equal((await sandbox().exec('cat')).stdout, '');
  });

  test('variables are given for one command only', async () => {
    const env = { GREETING: `it's "two"\nlines $HOME` };
    assert.equal((await sandbox().exec('printf %s "$GREETING"', { env })).stdout, env.GREETING);
    assert.equal((await sandbox().exec('printf %s "$GREETING"')).stdout, '');
  });

  test('every command starts in the workspace, or in the folder below it that is named', async () => {
    succeeded(await sandbox().exec('mkdir -p "some folder/deep" && cd /'));
    assert.equal((await sandbox().exec('pwd')).stdout.trim(), sandbox().workdir);
    const inside = await sandbox().exec('pwd', { cwd: 'some folder/deep' });
    assert.equal(inside.stdout.trim(), `${sandbox().workdir}/some folder/deep`);
  });

  test('a folder that is missing or outside the workspace is refused and nothing runs', async () => {
    await refuses(sandbox().exec('touch ran', { cwd: 'missing' }), 'file_not_found');
    for (const cwd of ['..', '/', '/etc', 'some/../../x'])
      await refuses(sandbox().exec(`touch ${sandbox().workdir}/ran`, { cwd }), 'path_outside_workspace');
    assert.equal(await sandbox().files.stat('ran'), null);
  });

  test('a command longer than the kernel takes as one argument runs', async () => {
    const long = `true ${'#'.repeat(200_000)}\necho "end of $((1 + 1))"`;
    assert.equal((await sandbox().exec(long)).stdout, 'end of 2\n');
  });

  test('of too much output the beginning and the end are kept, and the rest is counted', async () => {
    const limit = 10_000;
    const result = await sandbox().exec(
      'echo begin; head -c 5000000 /dev/zero | tr "\\0" x; echo; echo end',
      {
        maxOutputBytes: limit,
      },
    );
    assert.equal(result.exitCode, 0);
    assert.equal(result.truncatedBytes, 6 + 5_000_000 + 1 + 4 - limit);
    assert.ok(result.stdout.startsWith('begin\nxxx') && result.stdout.endsWith('xxx\nend\n'));
    assert.ok(result.stdout.length < limit + 200);
  });

  test('commands at the same time keep their output apart', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `number-${index}`);
    const results = await Promise.all(
      names.map((name) => sandbox().exec(`for i in 1 2 3; do echo ${name}; sleep 0.01; done`)),
    );
    for (const [index, { stdout }] of results.entries()) assert.equal(stdout, `${names[index]}\n`.repeat(3));
  });
}
