import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { CrosspointError } from '#protocol/errors.ts';
import { cannotRun, localFixture } from '#server/sandbox/local/testing/fixture.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { GitHubService } from '#tests/support/github/service.ts';
import { GitHub } from './github.ts';
import { openPullRequest, pushBranch } from './push.ts';
import { viewRepository } from './repository.ts';

const git = 'git -c user.name=p -c user.email=p@localhost';

/** A real pod without any network, git's own server, and GitHub's contract on loopback. */
describe('a push out of a sandbox', { skip: await cannotRun() }, () => {
  let fixture: Awaited<ReturnType<typeof localFixture>>;
  let sandbox: Sandbox;
  let service: GitHubService;
  let github: GitHub;
  let name = '';
  let count = 0;
  before(async () => {
    fixture = await localFixture();
    sandbox = await fixture.provider.open('push');
    service = await GitHubService.start();
    github = new GitHub({ token: service.token, url: service.url, apiUrl: service.url });
  });
  after(async () => {
    assert.deepEqual(service.unknown, []);
    await service.close();
    await fixture[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    name = `person/repo-${(count += 1)}`;
    service.create(name);
    await run('find . -mindepth 1 -delete');
    await run(`${git} init -q -b main && git remote add origin ${service.url}/${name}.git`);
    await commit('one');
  });

  async function run(command: string): Promise<string> {
    const { exitCode, stdout, stderr } = await sandbox.exec(command);
    assert.equal(exitCode, 0, stderr);
    return stdout.trim();
  }
  const commit = (text: string) => run(`echo ${text} >> a && git add a && ${git} commit -qm ${text}`);
  const failsWith = (words: RegExp) => (error: unknown) =>
    error instanceof CrosspointError && error.code === 'git_failed' && words.test(error.message);

  test('a new branch, more of it, and nothing new; the branch then knows where it was pushed to', async () => {
    const head = await run('git rev-parse HEAD');
    assert.deepEqual(await pushBranch(sandbox, github), {
      branch: 'main',
      commit: head,
      repository: name,
      isNew: true,
    });
    assert.equal(service.git(name, 'rev-parse', 'main').trim(), head);
    assert.equal((await pushBranch(sandbox, github)).isNew, false);
    await run('git switch -qc feature/ü');
    await commit('two');
    await pushBranch(sandbox, github);
    assert.equal(service.git(name, 'log', '--format=%s', 'feature/ü'), 'two\none\n');
    service.git(name, 'fsck', '--strict');
    await commit('three');
    assert.match(await run('git status --porcelain=v2 --branch'), /branch\.ab \+1 -0/);
  });

  test('what others pushed is never replaced, and a hook that says no is told with its reason', async () => {
    await pushBranch(sandbox, github);
    await run(
      `git switch -qc other && ${git} commit -q --amend -m changed && git branch -f main && git switch -q main`,
    );
    await assert.rejects(pushBranch(sandbox, github), failsWith(/commits there that are not here/));
    assert.equal(service.git(name, 'log', '--format=%s', 'main'), 'one\n');
    await run('git reset -q --hard origin/main');
    await commit('two');
    service.git(name, 'config', 'receive.denyCurrentBranch', 'refuse');
    service.git(name, 'config', 'transfer.hideRefs', 'refs/heads/main');
    await assert.rejects(pushBranch(sandbox, github), failsWith(/hidden ref/));
  });

  test('a replacement does not make what others pushed look like a part of the branch', async () => {
    await pushBranch(sandbox, github);
    const pushed = await run('git rev-parse HEAD');
    await run(`${git} commit -q --amend -m changed && git replace --graft HEAD ${pushed}`);
    await assert.rejects(pushBranch(sandbox, github), failsWith(/commits there that are not here/));
    await run('git replace -d HEAD && echo "$(git rev-parse HEAD) ' + pushed + '" > .git/info/grafts');
    await assert.rejects(pushBranch(sandbox, github), failsWith(/commits there that are not here/));
    assert.equal(service.git(name, 'rev-parse', 'main').trim(), pushed);
  });

  test('the remote that is shown is the one that is pushed to, whatever `insteadOf` makes of it', async () => {
    await run(`git config 'url.${service.url}/person/nice.git.insteadOf' '${service.url}/${name}.git'`);
    const { remotes } = await viewRepository(sandbox);
    assert.deepEqual(remotes, [{ name: 'origin', url: `${service.url}/${name}.git` }]);
    assert.equal((await pushBranch(sandbox, github)).repository, name);
    assert.match(service.git(name, 'for-each-ref'), /refs\/heads\/main/);
  });

  test('without a commit, a branch, a remote or a right to it, the reason is told', async () => {
    const stranger = new GitHub({ token: 'ghp_other', url: service.url, apiUrl: service.url });
    await assert.rejects(pushBranch(sandbox, stranger), failsWith(/GITHUB_TOKEN not push to person\/repo/));
    await assert.rejects(pushBranch(sandbox, github, 'upstream'), failsWith(/no remote "upstream"/));
    service.faults.push({ status: 301, headers: { location: `${service.url}/elsewhere` } });
    await assert.rejects(pushBranch(sandbox, github), failsWith(/has moved/));
    service.faults.push({ status: 500 });
    await assert.rejects(pushBranch(sandbox, github), failsWith(/answered with 500/));
    await run('git switch -q --detach');
    await assert.rejects(pushBranch(sandbox, github), failsWith(/no branch is checked out/));
    await run('git checkout -q --orphan empty');
    await assert.rejects(pushBranch(sandbox, github), failsWith(/nothing is committed/));
  });

  test('only a repository on that host gets the token, whatever the remote says', async () => {
    const { host } = new URL(service.url);
    const others = [
      `http://attacker.example/${name}.git`,
      `http://${host}.attacker.example/${name}.git`,
      `http://attacker.example/@${host}/${name}.git`,
      `http://${host}/${name}/../../other/repo.git`,
      `http://${host}/person/..git`,
      `http://${host}/person/repo.git?x=`,
      'ext::sh -c touch% /tmp/ran',
      '/tmp/repository',
    ];
    for (const url of others) {
      await run(`git config remote.origin.url '${url}'`);
      await assert.rejects(pushBranch(sandbox, github), failsWith(/no repository on GitHub/), url);
    }
    for (const url of [`http://token@${host}/${name}`, `git@127.0.0.1:${name}.git`]) {
      await run(`git config remote.origin.url '${url}'`);
      await pushBranch(sandbox, github);
    }
  });

  test('the token is nowhere in the sandbox, in no place and at no time of a push', async () => {
    const watch = await sandbox.exec(
      `while :; do cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -a 'gh[p]_' >> /tmp/seen; sleep 0.005; done`,
      { background: true },
    );
    await run(
      'git config alias.x "!env" && printf "#!/bin/sh\\nenv > /tmp/hook-env" > .git/hooks/pre-push && chmod +x .git/hooks/pre-push',
    );
    await pushBranch(sandbox, github);
    await run(`kill ${watch.processId}; touch /tmp/seen; test ! -s /tmp/seen; test ! -e /tmp/hook-env`);
    const found = await sandbox.exec("grep -rIl 'gh[p]_' . ~ /tmp 2>/dev/null");
    assert.equal(found.stdout, '');
  });

  test('a pull request is opened once for a branch, into the default one, and never into itself', async () => {
    await pushBranch(sandbox, github);
    const request = { title: 'A title', body: 'Why', base: null, draft: true };
    await assert.rejects(openPullRequest(sandbox, github, request), failsWith(/start another one/));
    await run('git switch -qc feature');
    await commit('two');
    const opened = await openPullRequest(sandbox, github, request);
    assert.deepEqual(opened, { url: `https://github.com/${name}/pull/1`, number: 1, existed: false });
    assert.deepEqual(service.pulls[0], {
      title: 'A title',
      body: 'Why',
      draft: true,
      head: 'feature',
      base: 'main',
      number: 1,
    });
    assert.equal((await openPullRequest(sandbox, github, request)).existed, true);
    await run('git switch -qc again');
    const nowhere = openPullRequest(sandbox, github, { ...request, base: 'not-there' });
    await assert.rejects(nowhere, failsWith(/Validation Failed: not valid/));
  });
});
