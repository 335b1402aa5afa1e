import { after, before, beforeEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StepChanges } from '#protocol/workspace.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { cannotRun, localFixture } from '#server/sandbox/local/testing/fixture.ts';
import { openStore } from '#server/store/open-store.ts';
import type { Store } from '#server/store/store.ts';
import { Recorder } from './recorder.ts';

const cannot = (await cannotRun()) || withoutGit();

function withoutGit(): string | false {
  try {
    execFileSync('git', ['--version']);
    return false;
  } catch {
    return 'git is not installed.';
  }
}

/** In a real pod, with its git. */
describe('the record of the files before and after each step', { skip: cannot }, () => {
  let fixture: Awaited<ReturnType<typeof localFixture>>;
  let sandbox: Sandbox;
  let store: Store;
  let recorder: Recorder;
  const folder = mkdtempSync(join(tmpdir(), 'crosspoint-history-'));
  let calls = 0;
  before(async () => {
    fixture = await localFixture();
    sandbox = await fixture.provider.open('history');
    store = await openStore(folder);
    recorder = new Recorder(store, { warn: (_fields, message) => assert.fail(message) });
  });
  after(async () => {
    await store.close();
    await fixture[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => run('find . -mindepth 1 -delete'));

  async function run(command: string): Promise<void> {
    const result = await sandbox.exec(command);
    assert.equal(result.exitCode, 0, result.stderr);
  }

  /** One step of the agent, and what is recorded of it, a line for each file. */
  async function step(command: string, paths: string[] | null = null): Promise<string[]> {
    const about = { threadId: 't', toolCallId: `call-${(calls += 1)}`, runId: 'r' };
    await recorder.begin(sandbox, { ...about, paths });
    await run(command);
    const changes = await recorder.end(sandbox, about);
    const row = await store.workspaces.step('t', about.toolCallId);
    assert.deepEqual(row?.files, changes?.files);
    return (changes?.files ?? []).map(lineOf).sort();
  }
  const lineOf = ({ path, status, additions, deletions, binary }: StepChanges['files'][number]) =>
    `${status} ${path} ${binary ? 'binary' : `+${additions} -${deletions}`}`;

  test('files that come, change and go, their mode, and bytes that are no text', async () => {
    await run('printf "1\\n2\\n" > changed; echo x > gone; echo s > script; printf "a\\r\\n" > crlf');
    const lines = await step(
      'printf "1\\nzwei\\n" > changed; rm gone; chmod +x script; echo new > "ü new.txt"; printf "a\\0b" > bin; printf "b\\r\\n" >> crlf',
    );
    assert.deepEqual(lines, [
      'added bin binary',
      'added ü new.txt +1 -0',
      'deleted gone +0 -1',
      'mode script +0 -0',
      'modified changed +1 -1',
      'modified crlf +1 -0',
    ]);
  });

  test('a step that changes nothing has no record, and what a person changed in between is not its own', async () => {
    await run('echo 1 > mine');
    assert.deepEqual(await step('true'), []);
    await run('echo 2 > mine; echo p > of-the-person');
    assert.deepEqual(await step('echo a > of-the-agent'), ['added of-the-agent +1 -0']);
  });

  test('what the rules leave out is recorded only where a file tool wrote it', async () => {
    await run(
      'echo ".env" > .gitignore; mkdir -p node_modules/p; echo 1 > node_modules/p/i; echo A=1 > .env',
    );
    assert.deepEqual(await step('echo 2 > node_modules/p/i; echo A=2 > .env'), []);
    assert.deepEqual(await step('echo A=3 > .env', ['.env']), ['modified .env +1 -1']);
  });

  test("the person's repository is not touched: its index, its HEAD and its hooks stay, and none of them runs", async () => {
    const git = 'git -c user.name=p -c user.email=p@localhost';
    await run(
      `git init -q && echo 1 > a && git add a && ${git} commit -qm one && echo 2 > a && git add a && echo 3 > a`,
    );
    await run(
      'printf "#!/bin/sh\\ntouch /tmp/hook-ran" | tee .git/hooks/post-commit > .git/hooks/pre-commit; chmod +x .git/hooks/*-commit',
    );
    await run(
      'git config core.fsmonitor "touch /tmp/hook-ran; false"; echo "* text filter=bad" > .gitattributes; git config filter.bad.clean "touch /tmp/hook-ran; cat"',
    );
    const state = async () =>
      (
        await sandbox.exec(
          'sha256sum .git/index .git/HEAD .git/refs/heads/*; git -c core.fsmonitor= diff --cached --name-only',
        )
      ).stdout;
    const before = await state();
    await run('rm -f /tmp/hook-ran');
    assert.deepEqual(await step('echo 4 > a'), ['modified a +1 -1']);
    assert.equal(await state(), before);
    await run('test ! -e /tmp/hook-ran');
  });
});
