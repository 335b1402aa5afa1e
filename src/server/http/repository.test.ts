import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { GitView, SandboxView } from '#protocol/workspace.ts';
import { newThread } from '#server/agent/new-thread.ts';
import { readConfig } from '#server/config.ts';
import { cannotRun, localFixture } from '#server/sandbox/local/testing/fixture.ts';
import { GitHubService } from '#tests/support/github/service.ts';
import { allowedFolder, importFolder } from '#server/workspace/import-folder.ts';
import { openTestServer, token, type TestServer } from './testing/test-server.ts';

/** Everything here runs in a real pod, behind the real server, with GitHub's contract on loopback. */
describe('repositories and folders of this machine over HTTP', { skip: await cannotRun() }, () => {
  let fixture: Awaited<ReturnType<typeof localFixture>>;
  let server: TestServer;
  let service: GitHubService;
  const machine = mkdtempSync(join(tmpdir(), 'crosspoint-machine-'));
  const project = join(machine, 'projects', 'one');
  before(async () => {
    makeProject();
    service = await GitHubService.start();
    fixture = await localFixture({
      bind: async (id) => (await server.store.workspaces.sandbox(id))?.boundFolder ?? null,
    });
    const config = readConfig({
      ...{ CROSSPOINT_API_TOKEN: token, CROSSPOINT_DATA_DIR: fixture.dataDir },
      ...{ IMPORT_FOLDERS: join(machine, 'projects'), BIND_FOLDERS: join(machine, 'projects') },
      ...{ GITHUB_TOKEN: service.token, GITHUB_URL: service.url, GITHUB_API_URL: service.url },
    });
    server = await openTestServer({ sandboxes: fixture.provider, services: { config } });
  });
  after(async () => {
    await server.close();
    await fixture[Symbol.asyncDispose]();
    await service.close();
    rmSync(machine, { recursive: true });
    assert.deepEqual(service.unknown, []);
  });

  /** With a repository, a hook that must never run on this machine, and a link that leads out. */
  function makeProject(): void {
    mkdirSync(project, { recursive: true });
    writeFileSync(join(machine, 'secret.txt'), 'of the machine');
    writeFileSync(join(project, 'a.txt'), 'one\n');
    symlinkSync('../../secret.txt', join(project, 'out'));
    symlinkSync('..', join(machine, 'projects', 'up'));
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', project, '-c', 'user.name=p', '-c', 'user.email=p@localhost', ...args]);
    git('init', '-q', '-b', 'main');
    git('add', '.');
    git('commit', '-qm', 'one');
    for (const path of [machine, join(machine, 'projects'), project]) chmodSync(path, 0o755);
    // Commands never run as root, so a folder of root cannot be bound.
    if (process.getuid?.() === 0) execFileSync('chown', ['-R', '-h', '60571:60571', project]);
  }

  async function newAddress(): Promise<string> {
    const thread = newThread('owner', { provider: 'demo', model: 'm' }, 'local');
    await server.store.threads.create(thread);
    return `/api/threads/${thread.id}`;
  }
  async function post<Body>(path: string, body: unknown, status = 200): Promise<Body> {
    const response = await server.send('POST', path, body);
    const answer = (await response.json()) as Body;
    assert.equal(response.status, status, JSON.stringify(answer));
    return answer;
  }
  const codeOf = async (path: string, body: unknown, status: number) =>
    (await post<{ code: string }>(path, body, status)).code;
  const content = async (at: string, path: string) => {
    const response = await server.send('GET', `${at}/files/content?path=${path}`);
    return { status: response.status, ...((await response.json()) as { content?: string }) };
  };

  test('a folder is copied in with its repository, and no link of it leads out of the workspace', async () => {
    const at = await newAddress();
    const view = await post<GitView>(`${at}/workspace/import`, { folder: project });
    assert.deepEqual([view.branch, view.changed], ['main', 0]);
    assert.equal((await content(at, 'a.txt')).content, 'one\n');
    assert.notEqual((await content(at, 'out')).status, 200);
    assert.equal(await codeOf(`${at}/workspace/import`, { folder: project }, 409), 'workspace_not_empty');
  });

  test('only a folder that the configuration names, whatever leads to it', async () => {
    const at = await newAddress();
    for (const folder of [
      '/etc',
      machine,
      join(machine, 'projects', 'up'),
      join(machine, 'projects', 'none'),
      'projects',
      `${project}/../..`,
      `${project}-other`,
    ])
      for (const way of ['import', 'bind'])
        assert.equal(await codeOf(`${at}/workspace/${way}`, { folder }, 403), 'folder_not_allowed', folder);
    await post(`${at}/workspace/import`, { folder: 'a\0b' }, 400);
  });

  test('a bound folder is the workspace itself: what is saved is saved there, and removing the thread leaves it', async () => {
    const at = await newAddress();
    const { sandbox } = await post<{ sandbox: SandboxView }>(`${at}/workspace/bind`, { folder: project });
    assert.equal(sandbox.boundFolder, project);
    const saved = await server.send('PUT', `${at}/files/content`, { path: 'b.txt', content: 'saved' });
    assert.equal(saved.status, 200);
    assert.equal(readFileSync(join(project, 'b.txt'), 'utf8'), 'saved');
    const thread = await server.store.threads.get('owner', at.split('/').at(-1) ?? '');
    assert.ok(thread);
    await server.workspaces.save(thread, 'turn');
    assert.deepEqual(await server.store.workspaces.snapshots(thread.sandboxId), []);
    assert.equal(await codeOf(`${at}/sandbox`, { type: 'e2b' }, 503), 'sandbox_unavailable');
    assert.equal((await server.send('DELETE', at)).status, 200);
    assert.equal(readFileSync(join(project, 'b.txt'), 'utf8'), 'saved');
  });

  test('a bound folder keeps what is in it when its sandbox is lost: no snapshot is put over it', async () => {
    const at = await newAddress();
    const id = at.split('/').at(-1) ?? '';
    await post(`${at}/workspace/bind`, { folder: project });
    const thread = await server.store.threads.get('owner', id);
    assert.ok(thread);
    // As an earlier version made them.
    await server.workspaces.history.save(await server.workspaces.open(thread), id, 'person');
    assert.ok(await server.workspaces.history.snapshot(id));
    writeFileSync(join(project, 'a.txt'), 'newer\n');
    await (await fixture.provider.open(id)).stop();
    rmSync(join(fixture.dataDir, 'sandboxes', id), { recursive: true });
    server.workspaces.doubt(thread);
    assert.equal((await content(at, 'a.txt')).content, 'newer\n');
    assert.equal(readFileSync(join(project, 'a.txt'), 'utf8'), 'newer\n');
    assert.equal((await server.workspaces.restored(id))?.snapshotAt, null);
    await server.workspaces.save(thread, 'person');
    writeFileSync(join(project, 'a.txt'), 'one\n');
  });

  test("a link that takes the folder's place after it was looked at is not followed, nor is data of the app read", async () => {
    const sandbox = await fixture.provider.open('swapped');
    const parent = join(machine, 'projects', 'swapped');
    const folder = join(parent, 'in', 'it');
    mkdirSync(folder, { recursive: true });
    mkdirSync(join(machine, 'private', 'it'), { recursive: true });
    writeFileSync(join(machine, 'private', 'it', 'key'), 'of the machine');
    const isRefused = { code: 'folder_not_allowed' };
    for (const [swapped, target] of [
      [folder, join(machine, 'private', 'it')],
      [join(parent, 'in'), join(machine, 'private')],
    ] as const) {
      const path = await allowedFolder(folder, [join(machine, 'projects')], 'IMPORT_FOLDERS');
      renameSync(swapped, join(machine, 'away'));
      symlinkSync(target, swapped);
      await assert.rejects(importFolder(sandbox, path, fixture.dataDir), isRefused);
      rmSync(swapped);
      renameSync(join(machine, 'away'), swapped);
    }
    for (const data of [fixture.dataDir, join(fixture.dataDir, 'sandboxes'), tmpdir()])
      await assert.rejects(importFolder(sandbox, data, fixture.dataDir), isRefused);
    assert.deepEqual(await sandbox.files.list('.'), []);
  });

  test('nobody learns which paths outside of the folders are there', async () => {
    const at = await newAddress();
    const said = async (folder: string) =>
      (await post<{ error: string }>(`${at}/workspace/import`, { folder }, 403)).error.replace(folder, '');
    assert.equal(await said(join(machine, 'secret.txt')), await said(join(machine, 'nothing.txt')));
  });

  test('a branch is pushed and proposed, and the token is in no answer', async () => {
    service.create('person/one');
    const at = await newAddress();
    await post(`${at}/workspace/import`, { folder: project });
    const sandbox = await fixture.provider.open(at.split('/').at(-1) ?? '');
    await sandbox.exec(`git remote add origin ${service.url}/person/one.git`);
    const first = await post<{ pushed: { isNew: boolean }; git: GitView }>(`${at}/git/push`, {});
    assert.equal(first.pushed.isNew, true);
    await post(`${at}/git/branch`, { name: 'feature' });
    await server.send('PUT', `${at}/files/content`, { path: 'c.txt', content: 'c' });
    await post(`${at}/git/commit`, { message: 'two' });
    const made = await post<{ url: string; number: number }>(`${at}/git/pull-request`, { title: 'Two' });
    assert.equal(made.number, 1);
    assert.equal(service.git('person/one', 'log', '--format=%s', 'feature'), 'two\none\n');
    assert.equal(JSON.stringify([first, made]).includes(service.token), false);
    assert.equal(await codeOf(`${at}/git/push`, { remote: 'none' }, 400), 'git_failed');
  });

  test('without a token nothing is pushed, and the sentence says what to set', async () => {
    const config = readConfig({ CROSSPOINT_API_TOKEN: token, CROSSPOINT_DATA_DIR: fixture.dataDir });
    const plain = await openTestServer({ services: { config } });
    try {
      const thread = newThread('owner', { provider: 'demo', model: 'm' }, 'local');
      await plain.store.threads.create(thread);
      const answer = await plain.send('POST', `/api/threads/${thread.id}/git/push`, {});
      const { code, error } = (await answer.json()) as { code: string; error: string };
      assert.deepEqual([answer.status, code], [400, 'push_not_configured']);
      assert.match(error, /GITHUB_TOKEN/);
      const folder = await plain.send('POST', `/api/threads/${thread.id}/workspace/bind`, {
        folder: project,
      });
      assert.match(((await folder.json()) as { error: string }).error, /BIND_FOLDERS/);
    } finally {
      await plain.close();
    }
  });
});
