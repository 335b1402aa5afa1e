import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CrosspointError } from '#protocol/errors.ts';
import { DaytonaService } from '#tests/support/daytona/service.ts';
import { eventually } from '#tests/support/eventually.ts';
import { cannotStartMachines } from '#tests/support/machine/machine.ts';
import type { Sandbox, SandboxProvider } from '../sandbox.ts';
import { createDaytonaSandboxes } from './daytona-sandboxes.ts';

const skip = cannotStartMachines();
let service: DaytonaService;
let provider: SandboxProvider;

const providerOf = (apiKey: string, installId = 'mine') =>
  createDaytonaSandboxes({
    ...{ apiKey, apiUrl: service.apiUrl, target: null, snapshot: null },
    ...{ idleMs: 900_000, internet: false, installId },
  });

before(async () => {
  service = await DaytonaService.start();
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

const failsWith = (code: string) => (error: unknown) =>
  error instanceof CrosspointError && error.code === code;
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

test('a new sandbox has no network, our names, and its times in minutes', { skip }, () =>
  withSandbox('settings', async (sandbox) => {
    const { labels, ...body } = service.created.at(-1) ?? {};
    assert.deepEqual(
      { ...(labels as object), 'code-toolbox-language': '' },
      {
        ...{ crosspoint: 'mine', id: 'settings', 'code-toolbox-language': '' },
      },
    );
    assert.deepEqual(
      [body.networkBlockAll, body.public, body.autoStopInterval, body.autoDeleteInterval],
      [true, false, 15, -1],
    );
    const before = service.activities.length;
    await sandbox.keepAlive();
    assert.deepEqual(service.activities.slice(before), [sandbox.ref]);
  }),
);

test(
  'a sandbox that was stopped for being idle, or archived, is started by the next request, with its files',
  { skip },
  () =>
    withSandbox('idle', async (sandbox) => {
      await sandbox.files.write('kept', Buffer.from('here'));
      for (const state of ['stopped', 'archived'] as const) {
        await service.stop(sandbox.ref, state);
        assert.equal(await provider.state('idle', sandbox.ref), 'stopped');
        assert.equal((await sandbox.exec('cat kept')).stdout, 'here');
        await service.stop(sandbox.ref, state);
        assert.equal(text(await sandbox.files.read('kept')), 'here');
      }
    }),
);

test('a bad gateway is passed over where nothing is done twice by that', { skip }, () =>
  withSandbox('gateway', async (sandbox) => {
    await sandbox.files.write('a', Buffer.from('1'));
    service.faults.badGateways = 1;
    assert.equal(text(await sandbox.files.read('a')), '1');
    service.faults.badGateways = 1;
    const result = await sandbox.exec('echo once >> log; cat log');
    assert.equal(result.lost || result.stdout === 'once\n', true, JSON.stringify(result));
    assert.equal((await sandbox.exec('cat log 2>/dev/null | wc -l')).stdout.trim() <= '1', true);
  }),
);

test(
  'a stream that breaks in the middle of a command is a lost command, which is ended and never run again',
  { skip },
  () =>
    withSandbox('stream', async (sandbox) => {
      const running = sandbox.exec('echo begun >> log; sleep 30');
      await eventually('the command began', async () => (await sandbox.exec('cat log')).stdout === 'begun\n');
      service.dropStreams();
      const result = await running;
      assert.deepEqual([result.lost, result.exitCode], [true, null]);
      await eventually(
        'the command was ended',
        async () => (await sandbox.exec('pgrep -c -f "^sleep 30$"')).stdout.trim() === '0',
      );
      assert.equal((await sandbox.exec('cat log')).stdout, 'begun\n');
    }),
);

test('gone, unreachable, refused and too many are told apart', { skip }, async () => {
  const sandbox = await provider.open('apart');
  service.faults.apiDown = true;
  assert.equal(await provider.state('apart', sandbox.ref), 'unreachable');
  await assert.rejects(provider.open('apart', sandbox.ref), failsWith('sandbox_unreachable'));
  service.faults.apiDown = false;
  service.faults.forbidden = true;
  await assert.rejects(provider.open('another'), (error: unknown) => {
    return failsWith('sandbox_unavailable')(error) && /disk limit/.test((error as Error).message);
  });
  service.faults.forbidden = false;
  service.faults.tooMany = { times: 2 };
  assert.equal(await provider.state('apart', sandbox.ref), 'alive');
  service.faults.tooMany = { times: 9 };
  await assert.rejects(provider.open('another'), failsWith('sandbox_busy'));
  service.faults.tooMany = { times: 0 };
  await assert.rejects(providerOf('dtn_other').open('another'), failsWith('sandbox_unavailable'));
  assert.equal((await providerOf('dtn_other').selfTest()).ok, false);
  await service.kill(sandbox.ref);
  assert.equal(await provider.state('apart', sandbox.ref), 'gone');
  await assert.rejects(sandbox.files.read('a'), failsWith('sandbox_gone'));
  await assert.rejects(provider.open('apart', sandbox.ref), failsWith('sandbox_gone'));
});

test('one that is changing its state is waited for, and nothing is asked of it before', { skip }, () =>
  withSandbox('passing', async (sandbox) => {
    await sandbox.files.write('kept', Buffer.from('here'));
    await service.stop(sandbox.ref, 'archived');
    service.get(sandbox.ref).passing.push('archiving', 'archiving', 'archiving');
    const again = await providerOf(service.apiKey).open('passing', sandbox.ref);
    assert.equal(text(await again.files.read('kept')), 'here');
  }),
);

test(
  'a sandbox of whose making nobody heard is found, not made again; what is refused is told',
  { skip },
  async () => {
    service.faults.lostAnswers = 1;
    const made = service.created.length;
    const sandbox = await provider.open('unheard');
    assert.equal(service.created.length, made + 1);
    await provider.remove('unheard', sandbox.ref);
    const wrong = createDaytonaSandboxes({
      ...{ apiKey: service.apiKey, apiUrl: service.apiUrl, target: null, snapshot: 'missing' },
      ...{ idleMs: 900_000, internet: false, installId: 'mine' },
    });
    await assert.rejects(wrong.open('wrong'), (error: unknown) => {
      return (
        failsWith('sandbox_unavailable')(error) && /Snapshot missing not found/.test((error as Error).message)
      );
    });
  },
);

test('sandboxes of another installation, or of nobody, are not ours', { skip }, async () => {
  const theirs = providerOf(service.apiKey, 'theirs');
  const other = await theirs.open('shared-name');
  const own = await provider.open('shared-name');
  assert.notEqual(own.ref, other.ref);
  assert.deepEqual((await provider.list()).map(({ ref }) => ref).includes(other.ref), false);
  await provider.remove('shared-name', null);
  assert.equal(await theirs.state('shared-name', other.ref), 'alive');
  await theirs.remove('shared-name', null);
});

test('no text is ever taken as the path of a file of this machine', { skip }, () =>
  withSandbox('paths', async (sandbox) => {
    const folder = mkdtempSync(join(tmpdir(), 'crosspoint-host-'));
    const secret = join(folder, 'secret');
    writeFileSync(secret, 'of the host');
    await sandbox.files.write('a', Buffer.from(secret));
    await sandbox.scratch.write('b', Buffer.from(secret));
    const result = await sandbox.exec(`cat a; cat '${sandbox.scratch.folder}/b'; cat`, {
      stdin: Buffer.from(secret),
    });
    assert.equal(result.stdout, secret.repeat(3));
    const source = readFileSync(new URL('./daytona-machine.ts', import.meta.url), 'utf8');
    assert.doesNotMatch(source, /\b(?:uploadFile|uploadFiles|downloadFile|downloadFiles)\(/);
    rmSync(folder, { recursive: true });
  }),
);

test('no file and no variable around the app has a say in where the key goes', { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crosspoint-env-'));
  writeFileSync(join(folder, '.env'), 'DAYTONA_API_URL=http://127.0.0.1:1\nDAYTONA_TARGET=elsewhere\n');
  const [before, url] = [process.cwd(), process.env.DAYTONA_API_URL];
  process.chdir(folder);
  process.env.DAYTONA_API_URL = 'http://127.0.0.1:1';
  try {
    const fresh = providerOf(service.apiKey);
    const sandbox = await fresh.open('explicit');
    assert.equal(service.created.at(-1)?.target, undefined);
    await fresh.remove('explicit', sandbox.ref);
  } finally {
    process.chdir(before);
    if (url === undefined) delete process.env.DAYTONA_API_URL;
    else process.env.DAYTONA_API_URL = url;
    rmSync(folder, { recursive: true });
  }
});
