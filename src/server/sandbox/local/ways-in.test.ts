import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CrosspointError } from '#protocol/errors.ts';
import type { Sandbox } from '../sandbox.ts';
import { attackedHost, isFileError } from './testing/attacked-host.ts';
import type { AttackedHost } from './testing/attacked-host.ts';
import type { Targets } from './testing/attacks.ts';
import { cannotRun } from './testing/fixture.ts';
import { hostileNames, hostilePaths } from './testing/hostile-paths.ts';
import { isRoot, ordinaryRun, who } from './testing/ordinary-run.ts';

const size = { columns: 80, rows: 24 };

describe(`attacks on what ${who} asks of a sandbox`, { skip: await cannotRun(), concurrency: false }, () => {
  let host: AttackedHost;
  let sandbox: Sandbox;
  let targets: Targets;
  let attempts = 0;

  before(async () => {
    host = await attackedHost();
    ({ sandbox, targets } = host);
  });
  after(() => host[Symbol.asyncDispose]());

  /** Whatever was tried: the host has what it had, and nothing more. */
  const unharmed = async () => {
    const folder = dirname(targets.secretFile);
    assert.equal(await readFile(targets.secretFile, 'utf8'), targets.canary);
    assert.deepEqual((await readdir(folder)).sort(), ['secret', 'socket']);
    assert.equal(await readFile(`${targets.neighbour}/secret`, 'utf8'), targets.canary);
  };
  /** A refusal that tells nothing, or an answer without anything of the host. */
  const tries = async (asked: () => Promise<unknown>) => {
    attempts += 1;
    const answer = await asked().catch((cause: unknown) => {
      assert.ok(isFileError(cause), String(cause));
      return String(cause);
    });
    const seen =
      answer instanceof Uint8Array ? Buffer.from(answer).toString('latin1') : JSON.stringify(answer);
    assert.ok(!`${seen}`.includes(targets.canary), seen);
  };
  /** What runs inside while something is asked of it. */
  const meanwhile = async (command: string, ask: () => Promise<void>) => {
    const stop = new AbortController();
    const running = sandbox.exec(`while :; do ${command}; done 2>/dev/null`, { signal: stop.signal });
    await ask().finally(() => stop.abort());
    assert.equal((await running).lost, false);
    await unharmed();
  };

  for (const { name, path } of hostilePaths)
    test(`no request leads out by a path ${name}`, async () => {
      const place = path(targets);
      await sandbox.exec(
        `ln -sfn / root; ln -sfn '${dirname(targets.secretFile)}' folder; ln -sfn /proc/1/root up`,
      );
      await tries(() => sandbox.files.read(place));
      await tries(() => sandbox.files.stat(place));
      await tries(() => sandbox.files.list(place, { maxEntries: 50 }));
      await tries(() => sandbox.files.write(place, Buffer.from('written')));
      await tries(() => sandbox.exec('pwd; ls -a', { cwd: place }));
      await tries(async () => (await sandbox.pty({ ...size, cwd: place })).kill());
      await tries(() => sandbox.files.remove(place));
      await unharmed();
      await sandbox.exec('find /workspace -mindepth 1 -delete');
    });

  for (const name of hostileNames)
    test(`${JSON.stringify(name.slice(0, 30))} is no name of ours, neither of a file nor of a sandbox`, async () => {
      const { scratch } = sandbox;
      const read = async () => {
        for await (const _ of scratch.read(name));
      };
      for (const asked of [read, () => scratch.write(name, Buffer.from('x')), () => scratch.remove(name)])
        await assert.rejects(asked(), { code: 'path_outside_workspace' });
      for (const asked of [
        () => host.provider.open(name),
        () => host.provider.state(name),
        () => host.provider.remove(name),
      ])
        await assert.rejects(asked(), { code: 'not_found' });
      await unharmed();
    });

  test('a file that turns into a link, a folder and a pipe while it is written stays inside', () =>
    meanwhile(
      `ln -sfn '${targets.secretFile}' a; mv -T a swap; mkdir d; mv -T d swap; rmdir swap; mkfifo p; mv -T p swap; rm -rf swap`,
      async () => {
        for (let round = 0; round < 100; round += 1)
          await tries(() => sandbox.files.write('swap', Buffer.from('written')));
      },
    ));

  test('a folder that turns into a link while it is listed and removed stays inside', () =>
    meanwhile(
      `mkdir -p swap/a/b; echo x >swap/a/b/c; mv -T swap away; ln -sfn '${targets.dataDir}' swap; rm -rf away; rm -f swap`,
      async () => {
        for (let round = 0; round < 60; round += 1) {
          await tries(() => sandbox.files.list('swap', { recursive: true, maxEntries: 100 }));
          await tries(() => sandbox.files.remove('swap'));
          await tries(() => sandbox.exec('pwd -P; ls', { cwd: 'swap' }));
        }
      },
    ));

  test('our own files are no way out when a command puts links, pipes and devices in their place', async () => {
    const { scratch } = sandbox;
    const read = async (name: string) => {
      const parts: Uint8Array[] = [];
      for await (const part of scratch.read(name)) parts.push(part);
      return Buffer.concat(parts);
    };
    const planted = `ln -sfn '${targets.secretFile}' link; ln -sfn /usr/bin/env program; ln -sfn /dev/zero endless; ln -sfn /proc/1/environ environ; mkfifo pipe; mkdir -p folder`;
    await sandbox.exec(`cd ~/.crosspoint; ${planted}`);
    for (const name of ['link', 'program', 'endless', 'environ', 'pipe', 'folder']) {
      await tries(() => read(name).then((bytes) => bytes.subarray(0, 100_000)));
      await tries(() => scratch.write(name, Buffer.from('written')));
      await tries(() => scratch.remove(name));
    }
    await sandbox.exec(`cd; mv .crosspoint kept; ln -s '${targets.dataDir}' .crosspoint`);
    await tries(() => scratch.write('planted', Buffer.from('written')));
    await sandbox.exec('cd; ln -sfn /etc .crosspoint');
    await tries(() => scratch.write('planted', Buffer.from('written')));
    await tries(() => read('passwd').then((bytes) => assert.ok(!bytes.includes('/root'))));
    await sandbox.exec('cd; rm .crosspoint; mv kept .crosspoint');
    await unharmed();
  });

  test('a port of the sandbox is never one of the host, whatever its number', async () => {
    for (const port of [targets.port, 22, 0, -1, 65_536, 1.5, NaN]) {
      attempts += 1;
      const target = await sandbox.port(port);
      assert.ok(target.kind === 'socket');
      await assert.rejects(target.connect(), { code: 'port_closed' }, `${port}`);
    }
  });

  test('what answers at a port inside gets no more than its own connection', async () => {
    // It dials the host's socket itself, as often as it likes, and says whatever it likes.
    const { processId } = await sandbox.exec(
      `node -e 'const n = require("net"); n.createServer((s) => {
        for (const hello of ["control", "egress", "tunnel ", "tunnel 0".padEnd(39, "0"), "tunnel \\0"])
          n.connect("/run/crosspoint/control", function () { this.write(hello + "\\nBREACH"); this.pipe(s, { end: false }) }).on("error", () => 0);
        setTimeout(() => s.end("own"), 300);
      }).listen(8123, () => require("fs").writeFileSync("up", ""))'`,
      { background: true },
    );
    await sandbox.exec('until [ -e up ]; do sleep 0.01; done');
    const target = await sandbox.port(8_123);
    assert.ok(target.kind === 'socket');
    const connection = await target.connect();
    let seen = '';
    connection.on('data', (chunk: Buffer) => (seen += chunk.toString('latin1')));
    await once(connection, 'end');
    connection.destroy();
    assert.equal(seen, 'own');
    await sandbox.exec(`kill ${processId}`);
  });

  test('a terminal has nothing of the host in it, and the death of its pod is its end only', async () => {
    const pty = await sandbox.pty(size);
    let seen = '';
    pty.onData((bytes) => void (seen += Buffer.from(bytes).toString('latin1')));
    await pty.write(
      Buffer.from(
        `env; cat /proc/[0-9]*/environ; cat '${targets.secretFile}'; ls -a / ..; exec kill -9 -1\n`,
      ),
    );
    assert.deepEqual(await pty.exited, { exitCode: null });
    assert.ok(!seen.includes(targets.canary) && !seen.includes('CANARY='), seen);
    assert.equal((await host.neighbour.exec('echo fine')).stdout, 'fine\n');
    assert.equal((await sandbox.exec('echo again')).stdout, 'again\n');
  });

  test('nobody inside takes over a terminal that is being opened', async () => {
    const thief = `node -e 'const fs = require("fs"), n = require("net"), seen = new Set();
      for (const end = Date.now() + 20000; Date.now() < end; ) for (const p of fs.readdirSync("/proc")) {
        let text = ""; try { text = fs.readFileSync("/proc/" + p + "/environ", "latin1") + fs.readFileSync("/proc/" + p + "/cmdline", "latin1") } catch { continue }
        for (const [word] of text.matchAll(/[0-9a-f]{24,32}/g)) if (!seen.has(word)) { seen.add(word);
          fs.writeFileSync("/workspace/tried", ""); const s = n.connect("/run/crosspoint/control").on("error", () => 0); s.write("tunnel " + word + "\\nSTOLEN") } }'`;
    const { processId } = await sandbox.exec(thief, { background: true });
    for (let round = 0; round < 15; round += 1) {
      const pty = await sandbox.pty(size);
      let seen = '';
      pty.onData((bytes) => void (seen += Buffer.from(bytes).toString('latin1')));
      await pty.write(Buffer.from(`echo own; until [ -e tried ]; do sleep 0.01; done; exit 4\n`));
      assert.deepEqual(await pty.exited, { exitCode: 4 });
      assert.ok(seen.includes('own') && !seen.includes('STOLEN'), seen);
    }
    await sandbox.exec(`kill -9 ${processId}`);
  });

  test('the name of the self-test is nobody else’s', async () => {
    await assert.rejects(host.provider.open('self-test'), (cause) => {
      assert.ok(cause instanceof CrosspointError);
      return cause.code === 'not_found';
    });
  });

  test('at least sixty attempts were made', () => assert.ok(attempts >= 60, `${attempts}`));

  test(
    'the same attacks fail from an app of an ordinary user',
    { skip: !isRoot && 'this is that run' },
    (context) => ordinaryRun(context, import.meta.filename, hostilePaths.length + hostileNames.length),
  );
});
