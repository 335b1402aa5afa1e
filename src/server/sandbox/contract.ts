import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { CrosspointError } from '#protocol/errors.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import { livePromises } from './contract-live.ts';
import type { ExecResult, Sandbox, SandboxProvider } from './sandbox.ts';

/** What a suite runs against; `end` removes whatever `provider` left behind. */
export interface ContractSetup {
  provider: SandboxProvider;
  end: () => Promise<void>;
}

/**
 * Every promise of `sandbox.ts` that a tool, the agent or a person relies on, for any provider.
 * @param skip the reason, where this provider cannot run
 */
export function sandboxContract(
  name: string,
  create: () => Promise<ContractSetup>,
  skip: string | false,
): void {
  describe(`the sandbox contract, kept by ${name}`, { skip, concurrency: false }, () => {
    let setup: ContractSetup;
    let sandbox: Sandbox;
    before(async () => {
      setup = await create();
      sandbox = await setup.provider.open(freshId());
    });
    after(async () => {
      await sandbox.destroy();
      await setup.end();
    });
    const context: Context = { sandbox: () => sandbox, provider: () => setup.provider };
    commandPromises(context);
    processPromises(context);
    filePromises(context);
    pathPromises(context);
    livePromises(() => sandbox);
    lifePromises(context);
  });
}

interface Context {
  sandbox: () => Sandbox;
  provider: () => SandboxProvider;
}

const freshId = () => `contract_${randomBytes(8).toString('hex')}`;
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (content: Uint8Array) => new TextDecoder().decode(content);
const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');

async function refuses(promise: Promise<unknown>, ...codes: ErrorCode[]): Promise<void> {
  await assert.rejects(promise, (cause) => {
    assert.ok(cause instanceof CrosspointError, `an error of the catalogue, not ${String(cause)}`);
    assert.ok(codes.includes(cause.code), `${cause.code} is one of ${codes.join(', ')}`);
    return true;
  });
}

function succeeded(result: ExecResult): ExecResult {
  assert.equal(result.exitCode, 0, JSON.stringify(result));
  return result;
}

/** How many processes have `word` on their command line, without needing ps. */
async function processesWith(sandbox: Sandbox, word: string): Promise<number> {
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

function commandPromises({ sandbox }: Context): void {
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

function processPromises({ sandbox }: Context): void {
  test('a timeout kills the whole tree, also what left the group and ignores signals', async () => {
    const loop = `trap "" TERM HUP INT; while :; do sleep 0.01; done # stubborn-child`;
    const result = await sandbox().exec(`setsid bash -c '${loop}' & (bash -c '${loop}' &) ; sleep 60`, {
      timeoutMs: 500,
    });
    assert.deepEqual([result.timedOut, result.exitCode, result.cancelled], [true, null, false]);
    assert.equal(await processesWith(sandbox(), 'stubborn-child'), 0);
  });

  test('output before a timeout is kept', async () => {
    const result = await sandbox().exec('echo before; sleep 60', { timeoutMs: 300 });
    assert.deepEqual([result.stdout, result.timedOut], ['before\n', true]);
  });

  test('an abort stops the command and its children and says so', async () => {
    const stop = new AbortController();
    const result = await sandbox().exec(`bash -c 'echo started; exec -a aborted-child sleep 60' & wait`, {
      signal: stop.signal,
      onOutput: () => stop.abort(),
    });
    assert.deepEqual([result.cancelled, result.timedOut, result.exitCode], [true, false, null]);
    assert.equal(await processesWith(sandbox(), 'aborted-child'), 0);
  });

  test('an abort before the start runs nothing', async () => {
    const result = await sandbox().exec('touch never', { signal: AbortSignal.abort() });
    assert.deepEqual([result.cancelled, result.exitCode], [true, null]);
    assert.equal(await sandbox().files.stat('never'), null);
  });

  test('a command has ended when the last process that it left behind has', async () => {
    succeeded(await sandbox().exec('(exec >/dev/null 2>&1; sleep 0.3; echo done >late) & true'));
    assert.equal(text(await sandbox().files.read('late')), 'done\n');
  });

  test('a background command outlives the call, and another command can end it', async () => {
    const started = await sandbox().exec('exec sleep 600', { background: true });
    assert.ok(started.processId !== undefined && !started.timedOut && !started.lost);
    succeeded(await sandbox().exec(`kill -0 ${started.processId}`));
    succeeded(await sandbox().exec('true'));
    const ended = `kill ${started.processId}; while kill -0 ${started.processId} 2>/dev/null; do sleep 0.01; done`;
    succeeded(await sandbox().exec(ended, { timeoutMs: 10_000 }));
  });

  test('a foreground timeout leaves background commands alone', async () => {
    const { processId } = await sandbox().exec('exec sleep 600', { background: true });
    assert.equal((await sandbox().exec('sleep 60', { timeoutMs: 200 })).timedOut, true);
    succeeded(await sandbox().exec(`kill ${processId}`));
  });
}

function filePromises({ sandbox }: Context): void {
  test('a file comes back byte for byte, empty and large ones too', async () => {
    const every = Uint8Array.from({ length: 256 }, (_, index) => index);
    for (const content of [new Uint8Array(), every, randomBytes(3_000_000)]) {
      await sandbox().files.write('bin/data', content);
      assert.equal(sha256(await sandbox().files.read('bin/data')), sha256(content));
    }
  });

  test('commands and file requests see the same files', async () => {
    await sandbox().files.write('new/folder/hello.txt', bytes('from outside'));
    assert.equal((await sandbox().exec('cat new/folder/hello.txt')).stdout, 'from outside');
    succeeded(await sandbox().exec('printf "from inside" > new/other.txt'));
    assert.equal(text(await sandbox().files.read('new/other.txt')), 'from inside');
  });

  test('a file that is written keeps its mode', async () => {
    succeeded(await sandbox().exec('echo "exit 3" > run.sh; chmod 750 run.sh'));
    await sandbox().files.write('run.sh', bytes('#!/bin/bash\nexit 4\n'));
    assert.equal((await sandbox().exec('stat -c %a run.sh; ./run.sh')).stdout, '750\n');
    assert.equal((await sandbox().exec('./run.sh')).exitCode, 4);
  });

  test('a reader sees the old content or the new, never a part', async () => {
    const content = (mark: string) => bytes(mark.repeat(200_000));
    await sandbox().files.write('whole', content('a'));
    const reader = sandbox().exec('until [ -e enough ]; do md5sum < whole; done | sort -u | wc -l', {
      timeoutMs: 30_000,
    });
    for (let round = 0; round < 20; round += 1)
      await sandbox().files.write('whole', content(round % 2 ? 'a' : 'b'));
    await sandbox().files.write('enough', bytes(''));
    assert.ok(Number((await reader).stdout) <= 2);
    const left = await sandbox().files.list('.');
    assert.deepEqual(
      left.filter(({ path }) => path.includes('crosspoint')),
      [],
    );
  });

  test('what cannot be read says why', async () => {
    succeeded(
      await sandbox().exec('mkdir -p dir; mkfifo -m 600 pipe; ln -s /dev/zero endless; echo 12345 > five'),
    );
    await refuses(sandbox().files.read('missing'), 'file_not_found');
    await refuses(sandbox().files.read('five/below'), 'file_not_found');
    for (const path of ['dir', 'pipe', 'endless', '.'])
      await refuses(sandbox().files.read(path), 'not_a_file');
    await refuses(sandbox().files.read('five', { maxBytes: 5 }), 'file_too_large');
    assert.equal((await sandbox().files.read('five', { maxBytes: 6 })).byteLength, 6);
  });

  test('a folder is not overwritten by a file', async () => {
    await refuses(sandbox().files.write('dir', bytes('x')), 'not_a_file');
    assert.equal((await sandbox().files.stat('dir'))?.type, 'directory');
  });

  test('a listing names each entry with type and size, shows links as links, and stops at its limit', async () => {
    succeeded(
      await sandbox().exec(
        'mkdir -p tree/sub && cd tree && printf 123 > three && ln -s / up && echo > sub/leaf',
      ),
    );
    const flat = await sandbox().files.list('tree');
    assert.deepEqual(flat.map(({ path, type }) => `${type} ${path}`).sort(), [
      'directory tree/sub',
      'file tree/three',
      'link tree/up',
    ]);
    assert.equal(flat.find(({ path }) => path === 'tree/three')?.size, 3);
    const deep = await sandbox().files.list('tree', { recursive: true });
    assert.deepEqual(deep.map(({ path }) => path).sort(), [
      'tree/sub',
      'tree/sub/leaf',
      'tree/three',
      'tree/up',
    ]);
    assert.equal((await sandbox().files.list('tree', { recursive: true, maxEntries: 2 })).length, 2);
    await refuses(sandbox().files.list('missing'), 'file_not_found');
  });

  test('stat tells what is there, when it changed, and null for nothing', async () => {
    const before = Date.now() - 60_000;
    await sandbox().files.write('stat me', bytes('1234'));
    const status = await sandbox().files.stat('stat me');
    assert.deepEqual([status?.path, status?.type, status?.size], ['stat me', 'file', 4]);
    assert.ok((status?.modifiedMs ?? 0) > before);
    assert.equal((await sandbox().files.stat('tree/up'))?.type, 'link');
    assert.equal(await sandbox().files.stat('missing/below'), null);
  });

  test('remove takes files, folders with their content, and links without their target', async () => {
    succeeded(
      await sandbox().exec(
        'mkdir -p gone/deep && echo > gone/deep/leaf && echo kept > kept && ln -s ../kept gone/link',
      ),
    );
    await sandbox().files.remove('gone/link');
    await sandbox().files.remove('gone');
    assert.deepEqual(
      [await sandbox().files.stat('gone'), text(await sandbox().files.read('kept'))],
      [null, 'kept\n'],
    );
    await refuses(sandbox().files.remove('gone'), 'file_not_found');
    await refuses(sandbox().files.remove('.'), 'not_a_file');
  });
}

function pathPromises({ sandbox }: Context): void {
  test('every path outside the workspace is refused, for every request', async () => {
    const { files, workdir } = sandbox();
    for (const path of [
      '..',
      '../x',
      'a/../../x',
      '/',
      '/etc/passwd',
      `${workdir}/../etc`,
      `${workdir}x/y`,
      'a\0b',
    ]) {
      await refuses(files.read(path), 'path_outside_workspace');
      await refuses(files.write(path, bytes('x')), 'path_outside_workspace');
      await refuses(files.list(path), 'path_outside_workspace');
      await refuses(files.stat(path), 'path_outside_workspace');
      await refuses(files.remove(path), 'path_outside_workspace');
    }
  });

  test('an absolute path below the workspace is the same file', async () => {
    await sandbox().files.write(`${sandbox().workdir}/absolute.txt`, bytes('here'));
    assert.equal(text(await sandbox().files.read('./absolute.txt')), 'here');
    assert.ok((await sandbox().files.list(sandbox().workdir)).some(({ path }) => path === 'absolute.txt'));
  });

  test('any name that a file may have works', async () => {
    const names = [
      'with space',
      'naïve-文件-🙂',
      '-rf',
      '$(touch hacked)',
      `quote'"\``,
      'new\nline',
      '.hidden',
      'x'.repeat(255),
    ];
    for (const name of names) {
      await sandbox().files.write(`names/${name}`, bytes(name));
      assert.equal(text(await sandbox().files.read(`names/${name}`)), name);
    }
    const listed = await sandbox().files.list('names');
    assert.deepEqual(listed.map(({ path }) => path.slice('names/'.length)).sort(), [...names].sort());
    assert.equal(await sandbox().files.stat('hacked'), null);
  });

  test('a link inside the workspace is followed, and writing through it keeps the link', async () => {
    succeeded(await sandbox().exec('echo old > target.txt && ln -s target.txt alias.txt'));
    await sandbox().files.write('alias.txt', bytes('new'));
    assert.equal(text(await sandbox().files.read('target.txt')), 'new');
    assert.equal((await sandbox().files.stat('alias.txt'))?.type, 'link');
  });
}

function lifePromises({ sandbox, provider }: Context): void {
  test('the self-test says yes with a detail', async () => {
    const health = await provider().selfTest();
    assert.ok(health.ok && health.detail.length > 10);
  });

  test('opening at the same time and again gives one sandbox', async () => {
    const id = freshId();
    const opened = await Promise.all([1, 2, 3, 4].map(() => provider().open(id)));
    await opened[0]?.exec('echo shared > /tmp/one');
    for (const each of opened) assert.equal((await each.exec('cat /tmp/one')).stdout, 'shared\n');
    await opened[0]?.destroy();
  });

  test('two sandboxes share no files and no processes', async () => {
    const other = await provider().open(freshId());
    await sandbox().files.write('mine', bytes('secret'));
    const { processId } = await sandbox().exec('exec -a neighbour sleep 600', { background: true });
    assert.equal(await other.files.stat('mine'), null);
    assert.deepEqual(
      [await processesWith(sandbox(), 'neighbour'), await processesWith(other, 'neighbour')],
      [1, 0],
    );
    await other.destroy();
    succeeded(await sandbox().exec(`kill ${processId}`));
  });

  test('stop ends processes and keeps files; the next request starts it again', async () => {
    const id = freshId();
    const first = await provider().open(id);
    assert.equal(await first.state(), 'alive');
    await first.files.write('kept/file', bytes('still here'));
    await first.exec('exec -a before-the-stop sleep 600', { background: true });
    await first.stop();
    assert.equal(await first.state(), 'stopped');
    const second = await provider().open(id);
    assert.equal(await second.state(), 'alive');
    assert.equal(text(await second.files.read('kept/file')), 'still here');
    assert.equal(await processesWith(second, 'before-the-stop'), 0);
    await second.stop();
    assert.equal((await second.exec('cat kept/file')).stdout, 'still here');
    await second.destroy();
  });

  test('destroy leaves nothing, and an old handle never gets an empty workspace instead', async () => {
    const id = freshId();
    const old = await provider().open(id);
    await old.files.write('file', bytes('x'));
    await old.destroy();
    assert.equal(await old.state(), 'gone');
    await refuses(old.exec('true'), 'sandbox_gone');
    await refuses(old.files.list('.'), 'sandbox_gone');
    const fresh = await provider().open(id);
    assert.deepEqual(await fresh.files.list('.'), []);
    await fresh.destroy();
  });
}
