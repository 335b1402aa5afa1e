import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { cannotRun, localFixture } from '#server/sandbox/local/testing/fixture.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { listWorkspace } from './list-files.ts';

const skip = await cannotRun();

/** In the real local sandbox. */
describe('what of a workspace is indexed', { skip }, () => {
  let fixture: Awaited<ReturnType<typeof localFixture>>;
  let count = 0;
  before(async () => {
    fixture = await localFixture();
  });
  after(() => fixture[Symbol.asyncDispose]());

  async function sandboxWith(commands: string): Promise<Sandbox> {
    const sandbox = await fixture.provider.open(`list-${(count += 1)}`);
    const { exitCode, stderr } = await sandbox.exec(`set -e; ${commands}`);
    assert.equal(exitCode, 0, stderr);
    return sandbox;
  }
  type Place = Parameters<typeof listWorkspace>[0];
  const at = (workdir: string, sandbox: Sandbox): Place => ({
    workdir,
    scratch: sandbox.scratch,
    exec: (...call) => sandbox.exec(...call),
  });
  const list = (sandbox: Place) => listWorkspace(sandbox, new AbortController().signal);
  const pathsOf = async (sandbox: Place) => [...(await list(sandbox)).files.keys()].sort();

  test('ignored, hidden, generated, binary and vendored files, locks and keys are left out', async () => {
    const sandbox = await sandboxWith(`
      mkdir -p src node_modules/x vendor .hidden target/deep logs/kept
      for file in src/a.ts src/a.min.js src/logo.png package-lock.json yarn.lock server.pem node_modules/x/i.js \\
        vendor/v.go .hidden/h.js .env target/deep/t.rs logs/x.js logs/kept/y.js notes.md secret.txt; do echo x > "$file"; done
      : > src/empty.ts
      head -c 1000001 /dev/zero > src/large.ts
      head -c 100001 /dev/zero > src/large.json
      printf '/target\\nlogs/*\\n!logs/kept\\n' > .gitignore
      printf 'secret.txt\\n' > .ignore`);
    assert.deepEqual(await pathsOf(sandbox), ['logs/kept/y.js', 'notes.md', 'src/a.ts']);
  });

  test('names of all kinds are listed as they are, and those that could fool a reader are left out', async () => {
    const sandbox = await sandboxWith(String.raw`
      mkdir -p -- '-rf' 'a b'
      for file in '-rf/--help.js' 'a b/$(touch x).js' "it's.js" 'ü.js' '*.js' $'new\nline.js' $'esc\e[2J.js' \
        $'bad\xff.js' $'turned\u202ejs.txt'; do echo x > "./$file"; done`);
    assert.deepEqual(await pathsOf(sandbox), [
      '*.js',
      '-rf/--help.js',
      'a b/$(touch x).js',
      "it's.js",
      'ü.js',
    ]);
  });

  test('links are not followed, wherever they lead, nor is anything that is no file', async () => {
    const sandbox = await sandboxWith(`
      mkdir -p real; echo x > real/a.js
      ln -s real/a.js link.js; ln -s real folder; ln -s / root; ln -s . loop; ln -s /etc/passwd passwd.js; mkfifo pipe.js
      ln -s /etc/passwd real/.gitignore`);
    assert.deepEqual(await pathsOf(sandbox), ['real/a.js']);
  });

  test('nothing that a repository names is run', async () => {
    const sandbox = await sandboxWith(String.raw`
      git init -q; echo x > a.js; git add a.js
      printf '#!/bin/sh\ntouch "$PWD/ran"\n' > .git/evil; chmod +x .git/evil
      for key in core.fsmonitor core.pager core.editor filter.x.clean filter.x.smudge diff.external; do
        git config "$key" "$PWD/.git/evil"; done
      git config core.hooksPath "$PWD/.git"
      printf '* filter=x\n' > .gitattributes
      printf 'touch ran\n' > .bashrc; cp .git/evil find; cp .git/evil tr; cp .git/evil head`);
    assert.deepEqual(await pathsOf(sandbox), ['a.js', 'find', 'head', 'tr']);
    assert.equal(await sandbox.files.stat('ran'), null);
  });

  test('a file that was written just now has no version yet; an old one keeps it until it changes', async () => {
    const sandbox = await sandboxWith(`echo 1 > a.js`);
    assert.equal((await list(sandbox)).files.get('a.js')?.version, null);
    // Its change time cannot be set back: what was changed longer ago is on the image of the sandbox only.
    const system = at('/usr/lib/git-core', sandbox);
    const [first] = (await list(system)).files.values();
    assert.match(first?.version ?? '', /^\d+ [\d.]+ \d+$/);
    assert.deepEqual((await list(system)).files.get(first?.path ?? ''), first);
  });

  test('an empty workspace has no files; one that cannot be listed says so', async () => {
    const sandbox = await sandboxWith('true');
    const listing = await list(sandbox);
    assert.deepEqual([listing.files.size, listing.partial, listing.isWhole], [0, [], true]);
    await assert.rejects(list(at('/nowhere', sandbox)), { code: 'not_indexed' });
  });
});
