import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import type { Sandbox } from '../sandbox.ts';
import { syscallNumbers } from './seccomp/syscall-numbers.ts';
import { attackedHost, isFileError } from './testing/attacked-host.ts';
import type { AttackedHost } from './testing/attacked-host.ts';
import { attacks, findText, prelude } from './testing/attacks.ts';
import type { Targets } from './testing/attacks.ts';
import { cannotRun } from './testing/fixture.ts';
import { isRoot, ordinaryRun, who } from './testing/ordinary-run.ts';
import { refusedCalls } from './testing/refused-calls.ts';

describe(`attacks from inside the sandbox of ${who}`, { skip: await cannotRun(), concurrency: false }, () => {
  let targets: Targets;
  let host: AttackedHost;
  let sandbox: Sandbox;
  let neighbour: Sandbox;

  before(async () => {
    host = await attackedHost();
    ({ targets, sandbox, neighbour } = host);
  });
  after(() => host[Symbol.asyncDispose]());

  const attack = async (command: string) => {
    const result = await sandbox.exec(`${prelude}${command}\necho tried`, { timeoutMs: 60_000 });
    const seen = `${result.stdout}\n${result.stderr}`;
    assert.ok(
      !result.timedOut && result.stdout.endsWith('tried\n'),
      `the attack ran to its end: ${JSON.stringify(result)}`,
    );
    assert.ok(!result.stdout.includes('BREACH'), seen);
    assert.ok(!seen.includes(targets.canary), seen);
  };

  test('the tools of the attacks find what is there', async () => {
    const word = 'planted-in-the-open';
    const planted = await sandbox.exec(
      `${prelude}node -e 'const n = require("net"); n.createServer().listen(4567, "127.0.0.1"); n.createServer().listen("here.sock", () => require("fs").writeFileSync("up", "")); setTimeout(process.exit, 20000)' &
      until [ -e up ]; do sleep 0.01; done
      reach 127.0.0.1 4567 && breach tcp; unix /workspace/here.sock; writable /workspace/file
      echo ${word} >planted; ${findText(word, '/workspace')}; kill %1`,
    );
    assert.deepEqual(planted.stdout.split('\n').sort(), [
      '',
      '/workspace/planted',
      'BREACH ',
      'BREACH /workspace/file',
      'BREACH /workspace/here.sock',
      'BREACH tcp',
    ]);
    await sandbox.exec('rm -rf /workspace/*');
  });

  for (const { name, command } of attacks) test(`cannot ${name}`, () => attack(command(targets)));

  const numbers = process.arch === 'arm64' ? syscallNumbers.arm64 : syscallNumbers.x64;
  for (const { name, errno, args = [0, 0, 0, 0, 0] } of refusedCalls)
    test(`the kernel call ${name}(${args.join(', ')}) is refused by the filter`, async (context) => {
      const number = Object.entries(numbers).find(([known]) => known === name)?.[1];
      if (number === undefined) return context.skip('this processor does not have it');
      const call = `perl -e 'my ($n, @a) = @ARGV; syscall($n, map { /^\\d+$/ ? $_ + 0 : $_ } @a) < 0 and print $!+0' ${number} ${args.join(' ')}`;
      const result = await sandbox.exec(`command -v perl >/dev/null || exit 99; ${call}`);
      if (result.exitCode === 99) return context.skip('perl, which makes the call, is not here');
      assert.equal(result.stdout, String(errno), JSON.stringify(result));
    });

  test('calls in the numbers of the x32 kind do not exist', async (context) => {
    if (process.arch !== 'x64') return context.skip('only x64 has them');
    const getpid = 0x40000000 + 39;
    const result = await sandbox.exec(
      `command -v perl >/dev/null || exit 99; perl -e 'syscall(${getpid}) < 0 and print $!+0'`,
    );
    if (result.exitCode === 99) return context.skip('perl, which makes the call, is not here');
    assert.equal(result.stdout, '38');
  });

  test('no process of a pod is root outside, or has a capability there', async () => {
    const { processId } = await sandbox.exec(`exec -a ${targets.canary.slice(0, 10)} sleep 60`, {
      background: true,
    });
    let found: string[] = [];
    while (found.length === 0) found = await statusesOf(targets.canary.slice(0, 10));
    assert.equal(found.length, 1);
    assert.match(found[0] ?? '', /^Uid:\t([1-9]\d*)\t\1\t\1\t\1$/m);
    assert.match(found[0] ?? '', /^Groups:\t\s*(?!0 )/m);
    for (const line of [/^CapEff:\t0{16}$/m, /^CapPrm:\t0{16}$/m, /^NoNewPrivs:\t1$/m, /^Seccomp:\t2$/m])
      assert.match(found[0] ?? '', line);
    await sandbox.exec(`kill ${processId}`);
  });

  test('a link never leads a file request of the host out of the pod', async () => {
    await attack(
      `ln -sfn '${targets.secretFile}' leak; ln -sfn '${targets.dataDir}' folder; ln -sfn /usr usr; ln -sfn /proc/1/root up`,
    );
    const { files } = sandbox;
    for (const path of ['leak', 'folder/open/secret', `up${targets.secretFile}`])
      await assert.rejects(files.read(path), isFileError);
    await assert.rejects(files.list('folder'), isFileError);
    for (const path of ['usr/written', 'up/written'])
      await assert.rejects(files.write(path, Buffer.from('x')), isFileError);
    // Inside, this link leads to nothing: a file of the workspace takes its place.
    await files.write('leak', Buffer.from('overwritten'));
    assert.equal((await files.stat('leak'))?.type, 'file');
    assert.equal(await readFile(targets.secretFile, 'utf8'), targets.canary);
  });

  test('a file that turns into a link while it is read and written never leads out', async () => {
    const stop = new AbortController();
    const swapping = sandbox.exec(
      `echo inside >real; ln -s '${targets.secretFile}' fake; while :; do cp -P real swap.1; mv -T swap.1 swap; cp -P fake swap.2; mv -T swap.2 swap; done`,
      { signal: stop.signal },
    );
    const seen = new Set<string>();
    for (let round = 0; round < 150; round += 1) {
      const content = await sandbox.files.read('swap').catch((cause: unknown) => {
        assert.ok(isFileError(cause), String(cause));
        return Buffer.from('refused');
      });
      seen.add(Buffer.from(content).toString().trim());
      if (round % 10 === 0) await sandbox.files.write('swap', Buffer.from('written')).catch(() => undefined);
    }
    stop.abort();
    await swapping;
    assert.ok(![...seen].some((text) => text.includes(targets.canary)), [...seen].join());
    assert.equal(await readFile(targets.secretFile, 'utf8'), targets.canary);
  });

  test('a second supervisor, a babbler and a crowd on the socket change nothing', async () => {
    await attack(`node -e '
      const net = require("net"), path = "/run/crosspoint/control";
      const talk = (text) => new Promise((resolve) => {
        const s = net.connect(path, () => s.write(text)); let got = "";
        s.on("data", (d) => (got += d)).on("error", () => resolve(got)).on("close", () => resolve(got));
      });
      (async () => {
        for (const text of ["control\\n", "egress\\nGET http://example.com/ HTTP/1.1\\r\\n\\r\\n", "x".repeat(100000), "\\n", "\\0\\0\\0\\0"])
          if (await Promise.race([talk(text), new Promise((r) => setTimeout(r, 6000, ""))])) console.log("BREACH", text.slice(0, 10));
        for (let i = 0; i < 300; i++) net.connect(path).on("error", () => 0);
        setTimeout(() => process.exit(), 300);
      })()'`);
    assert.equal((await neighbour.exec('echo fine')).stdout, 'fine\n');
  });

  test('writing into the pipes of the supervisor is noise that nobody keeps', async () => {
    const before = process.memoryUsage().rss;
    await attack(
      'head -c 50000000 /dev/zero >/proc/2/fd/2; for f in /proc/2/fd/*; do case $(readlink $f) in socket:*) (echo garbage >$f) 2>/dev/null && breach ;; esac; done',
    );
    assert.ok(process.memoryUsage().rss - before < 100_000_000);
  });

  test('variables and folders of a command cannot reach the supervisor or leave the workspace', async () => {
    const env = {
      LD_PRELOAD: '/workspace/evil.so',
      NODE_OPTIONS: '--require /workspace/evil.js',
      BASH_ENV: '/workspace/evil.sh',
      PATH: '/workspace',
    };
    await attack('echo "echo BREACH" >evil.sh; echo "console.log(1)" >evil.js; echo >evil.so');
    await sandbox.exec(':', { env });
    assert.doesNotMatch((await sandbox.exec('cat /proc/2/environ')).stdout, /evil/);
    const odds: Record<string, string>[] = [
      { '': 'x' },
      { 'A=B': 'x' },
      { 'A\0B': 'x' },
      { A: 'x\0y' },
      { A: 'x'.repeat(300_000) },
    ];
    for (const odd of odds)
      assert.equal(typeof (await sandbox.exec('true', { env: odd })).durationMs, 'number');
    await attack('true');
  });

  test('the death of one pod, by any of its own hands, is not felt by another', async () => {
    const { processId } = await neighbour.exec('exec sleep 60', { background: true });
    for (const death of ['kill -9 -1', 'kill -9 2', 'kill -SEGV 2', ':(){ :|:& };: & sleep 0.2; kill -9 2']) {
      const { lost } = await sandbox.exec(`${death}; sleep 30`);
      assert.equal(lost, true, death);
    }
    assert.equal((await neighbour.exec(`kill -0 ${processId}`)).exitCode, 0);
    assert.equal((await sandbox.exec('kill -9 1; kill -TERM 1; echo alive')).stdout, 'alive\n');
  });

  test(
    'the same attacks fail from an app of an ordinary user',
    { skip: !isRoot && 'this is that run' },
    (context) => ordinaryRun(context, import.meta.filename, attacks.length),
  );
});

/** Of the processes of the host whose command line begins with `word`. */
async function statusesOf(word: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const read = (pid: string, name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
  const lines = await Promise.all(pids.map(async (pid) => ({ pid, line: await read(pid, 'cmdline') })));
  return Promise.all(lines.filter(({ line }) => line.startsWith(word)).map(({ pid }) => read(pid, 'status')));
}
