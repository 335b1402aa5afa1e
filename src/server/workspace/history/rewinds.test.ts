import { after, before, beforeEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CrosspointError } from '#protocol/errors.ts';
import type { RewindTarget } from '#protocol/workspace.ts';
import { cannotRun, localFixture } from '#server/sandbox/local/testing/fixture.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { openStore } from '#server/store/open-store.ts';
import type { Store } from '#server/store/store.ts';
import type { WorkspaceHistory } from '../types.ts';
import { createWorkspaceHistory } from './workspace-history.ts';

/** In a real pod, with its git. */
describe('what was done to files is taken back', { skip: await cannotRun() }, () => {
  let fixture: Awaited<ReturnType<typeof localFixture>>;
  let sandbox: Sandbox;
  let store: Store;
  let history: WorkspaceHistory;
  let threadId: string;
  let threads = 0;
  const folder = mkdtempSync(join(tmpdir(), 'crosspoint-rewinds-'));
  before(async () => {
    fixture = await localFixture();
    sandbox = await fixture.provider.open('rewinds');
    store = await openStore(folder);
  });
  after(async () => {
    await store.close();
    await fixture[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    threadId = `t${(threads += 1)}`;
    restart();
    await run('find . -mindepth 1 -delete');
  });

  /** As after a crash: nothing is known but the record. */
  function restart(): void {
    const logger = { warn: (_fields: object, message: string) => assert.fail(message) };
    history = createWorkspaceHistory(store, folder, logger);
  }

  async function run(command: string): Promise<string> {
    const result = await sandbox.exec(command);
    assert.equal(result.exitCode, 0, result.stderr);
    return result.stdout;
  }
  const cat = (path: string) => run(`cat '${path}'`);

  /** A call of the agent, after a message of the person where `asked` says so. */
  async function step(command: string, paths: string[] | null = null, runId = 'r'): Promise<string> {
    const toolCallId = `call-${(calls += 1)}`;
    const about = { threadId, toolCallId, runId };
    await history.begin(sandbox, { ...about, paths });
    await run(command);
    await history.end(sandbox, about);
    return toolCallId;
  }
  let calls = 0;

  const plan = (target: RewindTarget) => history.plan(sandbox, threadId, target);
  async function take(target: RewindTarget, onConflict: 'skip' | 'overwrite' = 'skip') {
    return history.apply(sandbox, threadId, target, (await plan(target)).hash, onConflict);
  }
  const undo = (toolCallId: string): RewindTarget => ({ kind: 'step', toolCallId });
  const redo = (rewindId: string): RewindTarget => ({ kind: 'redo', rewindId });
  const failsWith = (code: string) => (error: unknown) =>
    error instanceof CrosspointError && error.code === code;

  test('a step is taken back and forth: files, modes, links, bytes, and folders that it made', async () => {
    await run('printf "1\\r\\n2" > crlf; printf "a\\0b" > bin; echo s > script; ln -s crlf link');
    const state = 'find . -mindepth 1 | sort; cat crlf bin; stat -c %a script; readlink link || cat link';
    const before = await run(state);
    const call = await step(
      'printf "x\\r\\n2" > crlf; printf "c\\0d" > bin; chmod +x script; ln -sfn bin link; mkdir -p new/deep; echo n > "new/deep/ü n.txt"',
    );
    const changed = await run(state);
    const shown = await plan(undo(call));
    assert.deepEqual(
      shown.files.map(({ path, action, conflict }) => [path, action, conflict]),
      [
        ['bin', 'write', false],
        ['crlf', 'write', false],
        ['link', 'write', false],
        ['new/deep/ü n.txt', 'delete', false],
        ['script', 'write', false],
      ],
    );
    assert.equal(await run(state), changed, 'a plan changes nothing');
    const { rewindId } = await take(undo(call));
    assert.equal(await run(state), before);
    assert.equal((await store.workspaces.step(threadId, call))?.undoneBy, rewindId);
    assert.deepEqual((await plan(undo(call))).files, [], 'it is taken back already');
    const again = await take(redo(rewindId));
    assert.equal(await run(state), changed);
    assert.equal((await store.workspaces.step(threadId, call))?.undoneBy, null);
    await take(redo(again.rewindId));
    assert.equal(await run(state), before);
    assert.equal((await store.workspaces.step(threadId, call))?.undoneBy, rewindId);
    assert.deepEqual(
      (await history.rewinds(threadId)).map(({ kind, undone }) => [kind, undone]),
      [
        ['redo', false],
        ['redo', true],
        ['step', false],
      ],
    );
  });

  test('what a person did to the same file since stays, by a merge, or as it is where that cannot be', async () => {
    await run('seq 20 > file; seq 3 > hard');
    const call = await step('sed -i s/^2$/zwei/ file; sed -i s/2/zwei/ hard');
    await run('sed -i s/^19$/neunzehn/ file; sed -i s/zwei/deux/ hard; echo mine > mine');
    const { files } = await plan(undo(call));
    assert.deepEqual(
      files.map(({ path, action, conflict }) => [path, action, conflict]),
      [
        ['file', 'merge', false],
        ['hard', 'write', true],
      ],
    );
    const result = await take(undo(call));
    assert.deepEqual(result.files, [
      { path: 'file', action: 'merge' },
      { path: 'hard', action: 'kept' },
    ]);
    assert.match(await cat('file'), /^2$[^]*^neunzehn$/m);
    assert.equal(await cat('hard'), '1\ndeux\n3\n');
    assert.equal((await store.workspaces.step(threadId, call))?.undoneBy, null, 'not whole');
    const over = await take(undo(call), 'overwrite');
    assert.equal(await cat('hard'), '1\n2\n3\n');
    await take(redo(over.rewindId));
    assert.equal(await cat('hard'), '1\ndeux\n3\n', 'nothing that was overwritten is lost');
    assert.equal(await cat('mine'), 'mine\n');
  });

  test('a plan holds for what was shown only', async () => {
    const call = await step('echo 1 > a');
    const shown = await plan(undo(call));
    await run('echo elsewhere > b');
    assert.equal((await plan(undo(call))).hash, shown.hash);
    await run('echo 2 > a');
    const late = history.apply(sandbox, threadId, undo(call), shown.hash, 'overwrite');
    await assert.rejects(late, failsWith('plan_changed'));
    assert.equal(await cat('a'), '2\n');
  });

  test('nothing is written through a link, or over a folder, that came there since', async () => {
    await run('mkdir -p dir /tmp/outside; echo 1 > dir/a; echo 1 > b');
    const call = await step('echo 2 > dir/a; echo 2 > b');
    await run(
      'echo outside > /tmp/outside/a; rm -r dir b; ln -s /tmp/outside dir; mkdir b; echo mine > b/mine',
    );
    const shown = await plan(undo(call));
    assert.deepEqual([shown.leftAlone, shown.files], [['b', 'dir/a'], []]);
    await take(undo(call), 'overwrite');
    assert.equal(await cat('/tmp/outside/a'), 'outside\n');
    assert.equal(await cat('b/mine'), 'mine\n');
  });

  test('one that was cut off at any point is brought to its end before anything else', async () => {
    await run('for i in 1 2 3 4; do echo old > f$i; done');
    const call = await step('for i in 1 2 3 4; do echo new > f$i; done; echo n > added');
    await take(undo(call));
    const row = (await store.workspaces.rewinds(threadId))[0];
    assert.ok(row);
    // As if it had got as far as the first file, and the record as far as its row.
    await run('for i in 2 3 4; do echo new > f$i; done; echo n > added; echo half > .crosspoint-abcdefgh');
    await run('echo person > f4');
    await store.workspaces.updateRewind(threadId, row.id, { applied: false });
    await store.workspaces.markUndone(threadId, [1, 2], null);
    restart();
    await history.changes(sandbox, threadId, { kind: 'all' });
    assert.equal(await run('cat f1 f2 f3 f4; ls -A'), 'old\nold\nold\nperson\nf1\nf2\nf3\nf4\n');
    const [done] = await store.workspaces.rewinds(threadId);
    assert.equal(done?.applied, true);
    assert.deepEqual(
      done.files.filter(({ action }) => action === 'kept').map(({ path }) => path),
      ['f4'],
    );
  });

  test('one whose states are lost with its sandbox is over: what follows is not held up, and the step is not taken back', async () => {
    await run('echo old > a; chmod 600 a');
    const call = await step('echo new > a');
    const { rewindId } = await take(undo(call));
    assert.equal(await run('cat a; stat -c %a a'), 'old\n600\n', 'what keeps others out still does');
    await store.workspaces.updateRewind(threadId, rewindId, { applied: false, afterCommit: 'f'.repeat(40) });
    const [row] = await store.workspaces.steps(threadId);
    assert.ok(row);
    await store.workspaces.markUndone(threadId, [row.position], null);
    await run('echo new > a');
    restart();
    await step('echo b > b');
    const [lost] = await store.workspaces.rewinds(threadId);
    assert.deepEqual([lost?.applied, lost?.files], [true, [{ path: 'a', action: 'kept' }]]);
    assert.equal((await store.workspaces.step(threadId, call))?.undoneBy, null);
    await take(undo(call));
    assert.equal(await cat('a'), 'old\n');
  });

  test('changes of a turn and since the start are what remains in the end, of what steps touched', async () => {
    await run('seq 3 > a; echo 1 > mine');
    await step('echo 4 >> a; echo x > gone', null, 'one');
    await run('echo 2 >> mine');
    await step('rm gone; echo 5 >> a; echo b > b', null, 'two');
    const lines = async (scope: Parameters<WorkspaceHistory['changes']>[2]) =>
      (await history.changes(sandbox, threadId, scope)).map(
        ({ path, status, additions, deletions }) => `${status} ${path} +${additions} -${deletions}`,
      );
    assert.deepEqual(await lines({ kind: 'all' }), ['modified a +2 -0', 'added b +1 -0']);
    assert.deepEqual(await lines({ kind: 'turn', runId: 'two' }), [
      'modified a +1 -0',
      'added b +1 -0',
      'deleted gone +0 -1',
    ]);
    assert.deepEqual(await lines({ kind: 'turn', runId: 'none' }), []);
  });

  test('one part of a change is taken back, and comes again', async () => {
    await run('seq 30 > a');
    const call = await step('sed -i "s/^3$/drei/; s/^20$/zwanzig/; 28,29d" a');
    const scope = { kind: 'all' } as const;
    const shown = await history.versions(sandbox, threadId, scope, 'a');
    assert.equal(
      Buffer.from(shown.before ?? [])
        .toString()
        .split('\n').length,
      31,
    );
    assert.deepEqual(shown.hunks, [
      { before: { from: 2, lines: 1 }, after: { from: 2, lines: 1 } },
      { before: { from: 19, lines: 1 }, after: { from: 19, lines: 1 } },
      { before: { from: 27, lines: 2 }, after: { from: 27, lines: 0 } },
    ]);
    await run('sed -i s/^11$/elf/ a');
    await assert.rejects(
      history.revertHunk(sandbox, threadId, scope, 'a', 1, shown.hash),
      failsWith('file_changed'),
    );
    const { hash } = await history.versions(sandbox, threadId, { kind: 'step', toolCallId: call }, 'a');
    const back = await history.revertHunk(
      sandbox,
      threadId,
      { kind: 'step', toolCallId: call },
      'a',
      1,
      hash,
    );
    assert.match(await cat('a'), /^drei$[^]*^elf$[^]*^20$[^]*^27$\n^30$/m);
    await take(redo(back.rewindId));
    assert.match(await cat('a'), /^zwanzig$/m);
    const whole = await history.versions(sandbox, threadId, { kind: 'step', toolCallId: call }, 'a');
    await history.revertHunk(sandbox, threadId, { kind: 'step', toolCallId: call }, 'a', null, whole.hash);
    assert.match(await cat('a'), /^3$[^]*^elf$[^]*^20$[^]*^28$\n^29$\n^30$/m);
  });

  test('a file that is too large to be shown can still be taken back', async () => {
    await run('head -c 30000000 /dev/zero > large');
    const call = await step('head -c 40000000 /dev/zero > large');
    const scope = { kind: 'step', toolCallId: call } as const;
    const shown = await history.versions(sandbox, threadId, scope, 'large');
    assert.deepEqual([shown.before, shown.after, shown.hunks], [null, null, []]);
    await history.revertHunk(sandbox, threadId, scope, 'large', null, shown.hash);
    assert.equal(await run('stat -c %s large'), '30000000\n');
  });
});
