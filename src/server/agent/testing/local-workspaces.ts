import { after, before } from 'node:test';
import assert from 'node:assert/strict';
import { localFixture } from '#server/sandbox/local/testing/fixture.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';

/** Within a `describe`: gives workspaces in real sandboxes, each with these files, after a command in it. */
export function localWorkspaces(
  name: string,
): (files: Record<string, string>, command?: string) => Promise<Sandbox> {
  let fixture: Awaited<ReturnType<typeof localFixture>>;
  before(async () => {
    fixture = await localFixture();
  });
  after(() => fixture[Symbol.asyncDispose]());
  let count = 0;
  return async (files, command = 'true') => {
    const sandbox = await fixture.provider.open(`${name}-${(count += 1)}`);
    for (const [path, text] of Object.entries(files)) await sandbox.files.write(path, Buffer.from(text));
    assert.equal((await sandbox.exec(command)).exitCode, 0);
    return sandbox;
  };
}
