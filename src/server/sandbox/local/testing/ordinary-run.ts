import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { findProgram } from '../programs.ts';

/** A user that nobody is; suites of attacks run a second time as this one when they run as root. */
const ordinaryUid = 60_570;
export const isRoot = process.getuid?.() === 0;
export const who = isRoot ? 'an app that root started' : 'an app of an ordinary user';

/**
 * The whole suite again in a process of an ordinary user, as which nothing of root's can help or harm.
 * @param atLeast tests that must have passed there, or none can run at all
 */
export async function ordinaryRun(context: TestContext, file: string, atLeast: number): Promise<void> {
  const setpriv = findProgram('setpriv');
  if (!setpriv) return context.skip('setpriv is not here');
  const line = [`--reuid=${ordinaryUid}`, `--regid=${ordinaryUid}`, '--clear-groups', '--', process.execPath];
  const options = {
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' },
    cwd: '/',
    timeout: 300_000,
  };
  const run = (args: string[]) => promisify(execFile)(setpriv, [...line, ...args], options);
  accessSync(file, constants.R_OK);
  const readable = await run(['-e', `require('fs').accessSync(${JSON.stringify(file)})`]).catch(() => null);
  if (!readable) return context.skip('an ordinary user cannot read this checkout');
  const { stdout } = await run(['--test-reporter=tap', file]).catch((cause: { stdout?: string }) => ({
    stdout: cause.stdout ?? String(cause),
  }));
  assert.match(
    stdout,
    /^# fail 0$/m,
    stdout
      .split('\n')
      .filter((each) => /not ok|error:/.test(each))
      .join('\n'),
  );
  const passed = Number(/^# pass (\d+)$/m.exec(stdout)?.[1] ?? 0);
  if (passed === 0) return context.skip('an ordinary user cannot start a sandbox here');
  assert.ok(passed >= atLeast, `${passed} attacks were tried`);
}
