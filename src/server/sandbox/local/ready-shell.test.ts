import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecOptions, Sandbox } from '../sandbox.ts';
import { cannotRun, localFixture } from './testing/fixture.ts';

const skip = await cannotRun();

/** Commands whose meaning could change with the way in which their shell was started. */
const commands = [
  ...['', ' ', '# only a comment', 'true', 'false', 'exit 3', 'exit', 'echo one\necho two\n'],
  ...['echo "$# $0 $-"', 'env | sort | grep -v "^CROSSPOINT_EXEC\\|^_=\\|^SHLVL"', 'pwd; cd /tmp; pwd'],
  ...[
    'ls /proc/self/fd | wc -l',
    'cat',
    'read line; echo "got $line $?"',
    'cat <<END\na $HOME\nEND\n',
    "cat <<'X'\n$y\nX",
  ],
  ...[
    'echo "unfinished',
    'echo a; if',
    'echo first\n)(\necho never',
    'no_such_command_here',
    '| cat',
    'echo \\',
  ],
  ...[
    'set -e; false; echo never',
    'trap "echo bye" EXIT; echo hi',
    'false || { echo x >&2; exit 7; }',
    'f() { return 4; }; f',
  ],
  ...[
    'sleep 0.05 & wait; echo $?',
    '(exit 5); echo $?',
    'echo ä€😀 | wc -c',
    "printf '%s\\n' 'it'\\''s'",
    'x=(1 2 3); echo "${x[@]: -1}"',
  ],
  ...[
    'kill -TERM $$',
    'ulimit -t; cat /proc/self/oom_score_adj',
    'echo $((1 << 40)); echo ~',
    'shopt -s extglob; echo !(a)',
  ],
];

async function outcome(sandbox: Sandbox, command: string, options: ExecOptions = {}) {
  const { exitCode, signal, stdout, stderr } = await sandbox.exec(command, options);
  // A message names the way: "-c: line 1", "eval: line 1".
  return { exitCode, signal, stdout, stderr: stderr.replaceAll(/(?:-c|eval): line \d+|line \d+/g, 'line') };
}

describe('a shell that was started ahead of its command', { skip, concurrency: false }, () => {
  test('runs a command as a shell that is started for it does: result, output and what it sees', async () => {
    await using fixture = await localFixture();
    const sandbox = await fixture.provider.open('ready');
    for (const command of commands)
      for (const stdin of [undefined, Buffer.from('input\n')]) {
        const input = stdin ? { stdin } : {};
        // A folder of its own is not for the waiting shell.
        const ordinary = await outcome(sandbox, command, { ...input, env: { LANG: 'C.UTF-8' } });
        const ready = await outcome(sandbox, command, input);
        assert.deepEqual(ready, ordinary, JSON.stringify(command));
      }
    const { stdout } = await sandbox.exec('tr "\\0" " " < /proc/$$/cmdline');
    assert.match(stdout, /eval "\$REPLY"/, 'the waiting shell was used');
  });

  test('one that was killed, stopped or misled costs at most itself', async () => {
    await using fixture = await localFixture();
    const sandbox = await fixture.provider.open('hostile');
    const others =
      'for p in $(ls /proc | grep -E "^[0-9]+$"); do [ $p -gt 2 ] && [ $p != $$ ] && echo $p; done';
    for (const harm of [`kill -9 $(${others})`, 'pkill bash; true']) {
      await sandbox.exec('true');
      await sleep(30);
      await sandbox.exec(harm);
      assert.equal((await sandbox.exec('echo still')).stdout, 'still\n', harm);
    }
  });

  test('it is no process that a command left behind, and a timeout does not end it', async () => {
    await using fixture = await localFixture();
    const sandbox = await fixture.provider.open('left');
    await sandbox.exec('true');
    const late = await sandbox.exec('sleep 600', { timeoutMs: 100 });
    assert.equal(late.timedOut, true);
    assert.equal((await sandbox.exec('echo next')).stdout, 'next\n');
  });
});
