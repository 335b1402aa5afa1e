import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processesWith, succeeded, text } from './context.ts';
import type { Context } from './context.ts';

export function processPromises({ sandbox }: Context): void {
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
