import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { E2bService } from '#tests/support/e2b/service.ts';
import { eventually } from '#tests/support/eventually.ts';
import { cannotStartMachines } from '#tests/support/machine/machine.ts';
import type { Sandbox, SandboxProvider } from '../sandbox.ts';
import { createE2bSandboxes } from './e2b-sandboxes.ts';

const skip = cannotStartMachines();
let service: E2bService;
let provider: SandboxProvider;

const providerOf = (apiKey: string, installId = 'mine') =>
  createE2bSandboxes({
    ...{ apiKey, apiUrl: service.url, sandboxUrl: service.url, domain: null },
    ...{ template: 'base', idleMs: 1_800_000, internet: false, installId },
  });

before(async () => {
  service = await E2bService.start();
  provider = providerOf(service.apiKey);
});

after(async () => {
  await service.close();
  assert.deepEqual(service.unknown, []);
});

async function withSandbox(id: string, use: (sandbox: Sandbox) => Promise<void>): Promise<void> {
  const sandbox = await provider.open(id);
  await use(sandbox);
  await provider.remove(id, sandbox.ref);
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

test(
  'a new sandbox has no network, a closed preview, our names and our time, also when resumed',
  { skip },
  () =>
    withSandbox('settings', async (sandbox) => {
      const body = service.created.at(-1);
      assert.deepEqual(body?.metadata, { crosspoint: 'mine', id: 'settings' });
      assert.deepEqual([body.allow_internet_access, body.network], [false, { allowPublicTraffic: false }]);
      assert.deepEqual([body.timeout, body.autoPause], [1_800, true]);
      await sandbox.stop();
      await provider.open('settings', sandbox.ref);
      await sandbox.keepAlive();
      assert.deepEqual(new Set(service.timeouts), new Set([1_800]));
    }),
);

test('a sandbox whose time ended is resumed by the next request, with its files', { skip }, () =>
  withSandbox('expired', async (sandbox) => {
    await sandbox.files.write('kept', Buffer.from('here'));
    await service.expire(sandbox.ref);
    assert.equal(await provider.state('expired', sandbox.ref), 'stopped');
    assert.equal((await sandbox.exec('cat kept')).stdout, 'here');
    await service.expire(sandbox.ref);
    assert.equal(text(await sandbox.files.read('kept')), 'here');
  }),
);

test('a bad answer in passing is asked again: nothing fails and nothing runs twice', { skip }, () =>
  withSandbox('passing', async (sandbox) => {
    service.faults.badGateways = 1;
    await sandbox.files.write('file', Buffer.from('x'));
    service.faults.badGateways = 1;
    assert.equal(text(await sandbox.files.read('file')), 'x');
    service.faults.badGateways = 1;
    const result = await sandbox.exec('echo once >> runs; wc -l < runs');
    assert.deepEqual([result.stdout.trim(), result.lost], ['1', false]);
    service.faults.badGateways = 1;
    const again = await providerOf(service.apiKey).open('passing', sandbox.ref);
    assert.equal(text(await again.files.read('file')), 'x');
  }),
);

test('a command whose stream broke has an unknown outcome, is ended, and is not run again', { skip }, () =>
  withSandbox('dropped', async (sandbox) => {
    const running = sandbox.exec('echo once >> runs; echo on; exec -a unseen-command sleep 600', {
      onOutput: () => service.dropStreams(),
    });
    const result = await running;
    assert.deepEqual([result.lost, result.exitCode, result.stdout], [true, null, 'on\n']);
    await eventually('the command has ended', async () => {
      const look = await sandbox.exec('cat /proc/[0-9]*/cmdline | tr "\\0" " " | grep -c "unseen[-]command"');
      return look.stdout.trim() === '0';
    });
    assert.equal(text(await sandbox.files.read('runs')), 'once\n');
  }),
);

test('a sandbox that was killed while a command ran is gone, and is not replaced', { skip }, async () => {
  const sandbox = await provider.open('killed');
  const running = sandbox.exec('echo on; sleep 600', { onOutput: () => void service.kill(sandbox.ref) });
  assert.equal((await running).lost, true);
  await eventually('it is gone', async () => (await sandbox.state()) === 'gone');
  await assert.rejects(sandbox.exec('true'), { code: 'sandbox_gone' });
  await assert.rejects(sandbox.files.read('x'), { code: 'sandbox_gone' });
  await assert.rejects(provider.open('killed', sandbox.ref), { code: 'sandbox_gone' });
  const made = service.created.length;
  assert.equal(await provider.state('killed', sandbox.ref), 'gone');
  assert.equal(service.created.length, made);
  await provider.remove('killed', sandbox.ref);
});

test('while nobody answers a sandbox is unreachable, never gone, and works again afterwards', { skip }, () =>
  withSandbox('unreachable', async (sandbox) => {
    service.faults.controlPlaneDown = true;
    service.faults.badGateways = 1_000;
    try {
      assert.equal(await provider.state('unreachable', sandbox.ref), 'unreachable');
      await assert.rejects(sandbox.files.list('.'), { code: 'sandbox_unreachable' });
      await assert.rejects(providerOf(service.apiKey).open('unreachable', sandbox.ref), {
        code: 'sandbox_unreachable',
      });
    } finally {
      service.faults.controlPlaneDown = false;
      service.faults.badGateways = 0;
    }
    assert.equal((await sandbox.exec('echo back')).stdout, 'back\n');
  }),
);

test('too many requests are waited out, told or not for how long, and else said so', { skip }, async () => {
  service.faults.tooMany = { times: 1, retryAfter: 1 };
  assert.equal((await provider.list()).length, 0);
  service.faults.tooMany = { times: 1 };
  assert.equal((await provider.list()).length, 0);
  service.faults.tooMany = { times: 1_000 };
  await assert.rejects(provider.list(), { code: 'sandbox_busy' });
  service.faults.tooMany = { times: 0 };
});

test('one sandbox is made however often it is opened while that is slow', { skip }, async () => {
  const gate = Promise.withResolvers<undefined>();
  service.faults.createGate = gate.promise;
  const made = service.created.length;
  const opening = [1, 2, 3].map(() => provider.open('slow'));
  await eventually('it is being made', () => service.created.length > made);
  gate.resolve(undefined);
  const opened = await Promise.all(opening);
  assert.equal(new Set(opened.map(({ ref }) => ref)).size, 1);
  // Another process finds it by its name too, before its ref was kept.
  assert.equal((await providerOf(service.apiKey).open('slow')).ref, opened[0]?.ref);
  assert.equal(service.created.length, made + 1);
  await provider.remove('slow', null);
  assert.equal(await provider.state('slow', null), 'gone');
});

test('only sandboxes of this installation are listed', { skip }, () =>
  withSandbox('own', async (sandbox) => {
    const others = providerOf(service.apiKey, 'other');
    const theirs = await others.open('own');
    assert.deepEqual(
      (await provider.list()).map(({ ref }) => ref),
      [sandbox.ref],
    );
    await others.remove('own', theirs.ref);
  }),
);

test('a wrong key is said at the self-test, with the variable to look at', { skip }, async () => {
  const health = await providerOf('e2b_wrong').selfTest();
  assert.ok(!health.ok && /key/.test(health.reason) && /E2B_API_KEY/.test(health.remedy));
});

test('a port is closed to whoever has no token, and takes an upgrade from whoever has', { skip }, () =>
  withSandbox('ports', async (sandbox) => {
    const script =
      'require("http").createServer((q, s) => s.end("hello")).on("upgrade", (q, s) => s.end("HTTP/1.1 101 Up\\r\\n\\r\\nraw")).listen(9191)';
    await sandbox.exec(`node -e '${script}'`, { background: true });
    const target = await sandbox.port(9_191);
    assert.ok(target.kind === 'url');
    const ask = (headers: Record<string, string>) => fetch(target.url, { headers });
    await eventually('the server is up', async () => (await ask(target.headers)).status === 200);
    const { 'e2b-traffic-access-token': token, ...without } = target.headers;
    assert.ok(token);
    assert.equal((await ask(without)).status, 401);
    const { hostname, port } = new URL(target.url);
    const socket = connect(Number(port), hostname);
    const lines = Object.entries({ ...target.headers, connection: 'Upgrade', upgrade: 'raw', host: 'x' });
    socket.write(`GET / HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(answer.toString(), /101 Up/);
    socket.destroy();
  }),
);
