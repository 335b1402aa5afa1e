import { after, before, beforeEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { cannotRun, localFixture } from '#server/sandbox/local/testing/fixture.ts';
import { openStore } from '#server/store/open-store.ts';
import type { Store } from '#server/store/store.ts';
import { Recorder } from './recorder.ts';
import { Snapshots } from './snapshots.ts';
import { through } from './testing/through.ts';

const logger = { warn: () => undefined };
const person = 'git -c user.name=p -c user.email=p@localhost -c init.defaultBranch=main';

/** Between real pods, with their git: what is lost with one is in the other. */
describe('snapshots of a workspace', { skip: await cannotRun() }, () => {
  let fixture: Awaited<ReturnType<typeof localFixture>>;
  let store: Store;
  let sandbox: Sandbox;
  let recorder: Recorder;
  let snapshots: Snapshots;
  const folder = mkdtempSync(join(tmpdir(), 'crosspoint-snapshots-'));
  let count = 0;
  let id = '';
  before(async () => {
    fixture = await localFixture();
    store = await openStore(folder);
  });
  after(async () => {
    await store.close();
    await fixture[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    id = `w${(count += 1)}`;
    sandbox = await fixture.provider.open(id);
    recorder = new Recorder(store, logger);
    snapshots = new Snapshots(store, recorder, folder, logger);
  });

  async function run(command: string, where: Sandbox = sandbox): Promise<string> {
    const result = await where.exec(command);
    assert.equal(result.exitCode, 0, result.stderr);
    return result.stdout;
  }
  const save = (from: Sandbox = sandbox) => snapshots.save(from, id, 'turn');
  const files = () => readdirSync(join(folder, 'snapshots', id)).sort();
  const fresh = () => fixture.provider.open(`w${(count += 1)}`);
  const chain = async () => (await store.workspaces.snapshots(id)).map((row) => [row.id, row.baseId]);

  /** A new sandbox with what is kept. */
  async function restored(): Promise<Sandbox> {
    const other = await fresh();
    assert.ok(await new Snapshots(store, new Recorder(store, logger), folder, logger).restore(other, id));
    return other;
  }

  /** Every name, kind, mode and byte; of what git made read-only itself, not the mode. */
  async function everything(where: Sandbox, except = 'nothing'): Promise<string[]> {
    const listed = await run(
      `find . -mindepth 1 -name '${except}' -prune -o -type f -exec sha256sum {} + -o -type l -printf '%p -> %l\\n' -o -type d -printf '%p/ %m\\n'
       find . -name .git -prune -o -name '${except}' -prune -o -type f -printf '%p %m\\n'`,
      where,
    );
    return listed.split('\n').sort();
  }

  test('every kind of file, repositories, what is staged and stashed, and empty folders come back byte for byte', async () => {
    await run(`mkdir -p a/b "ü ö" empty/in private "-dash" $'line\\nbreak'
      printf 'x' > a/b/c; : > a/nothing; printf 'a\\r\\nb\\r\\n' > crlf; head -c 300000 /dev/urandom > binary
      printf 1 > "ü ö/ß"; printf 2 > -- -dash/-file; printf 3 > $'line\\nbreak/tab\\t"quote'; chmod 755 a/b/c
      ln -s a/b/c link; ln -s /nowhere broken; ln -s a folder-link; printf k > private/key; chmod 600 private/key; chmod 700 private
      printf '*.log\\n* text eol=crlf filter=x\\n' > .gitattributes; printf ro > read-only; chmod 444 read-only`);
    await run(`${person} init -q && ${person} add a crlf && ${person} commit -qm one && printf 2 > a/b/c && ${person} stash -q
      git branch other && git tag v1 && git pack-refs --all && printf 3 > a/b/c && git add a/b/c && printf 4 > a/b/c
      printf '#!/bin/sh\\n' > .git/hooks/pre-commit && chmod +x .git/hooks/pre-commit`);
    await run(`mkdir -p nested/deep unborn && cd nested/deep && ${person} init -q && printf n > n && ${person} add n && ${person} commit -qm n
      cd ../../unborn && ${person} init -q && printf u > u && git add u && cd .. && git init -q --bare bare.git
      git -C nested/deep worktree add -q ../../worktree -b side`);
    const before = await everything(sandbox);
    assert.ok(await save());
    const other = await restored();
    assert.deepEqual(await everything(other), before);
    for (const [inside, command] of [
      [
        '.',
        'git status --porcelain=v2 --branch; git stash list; git log --all --format=%H; git diff --cached',
      ],
      [
        'nested/deep',
        'git status --porcelain=v2; git log --format=%H; git worktree list --porcelain | sed -n 2p',
      ],
      ['unborn', 'git status --porcelain=v2 --branch'],
      ['worktree', 'git status --porcelain=v2 --branch; git log --format=%H'],
      ['bare.git', 'git rev-parse --is-bare-repository'],
    ] as const) {
      assert.equal(await run(`cd ${inside} && ${command}`, other), await run(`cd ${inside} && ${command}`));
      await run(`cd ${inside} && git fsck --full --strict`, other);
    }
  });

  test('what is made again is not kept, what rules leave out only where a file tool wrote it', async () => {
    await run(
      'printf ".env\\nout\\n" > .gitignore; mkdir -p node_modules/x out; printf 1 | tee .env out/o node_modules/x/i',
    );
    await recorder.begin(sandbox, { threadId: id, toolCallId: 'c', runId: 'r', paths: ['.env'] });
    await save();
    const listed = await run('find . -type f | sort', await restored());
    assert.equal(listed, './.env\n./.gitignore\n');
  });

  test('only what is new is taken out, and nothing when nothing is; a repository that changes alone is new', async () => {
    await run(
      `head -c 2000000 /dev/urandom > large; ${person} init -q; ${person} add .; ${person} commit -qm 1`,
    );
    const first = await save();
    assert.equal(await save(), null);
    await run('printf 2 > small');
    const second = await save();
    await run(`${person} commit -q --allow-empty -m 2`);
    const third = await save();
    assert.ok(
      first && second && third && first.bytes > 2_000_000 && second.bytes < 20_000 && third.bytes < 20_000,
    );
    assert.deepEqual(await chain(), [
      [1, null],
      [2, 1],
      [3, 2],
    ]);
    assert.deepEqual(await snapshots.snapshot(id), third);
    const other = await restored();
    assert.deepEqual(await everything(other), await everything(sandbox));
    // The chain goes on in the new one.
    await run('printf 3 > small', other);
    assert.ok(((await save(other))?.bytes ?? Infinity) < 20_000);
    assert.deepEqual((await chain()).at(-1), [4, 3]);
    assert.equal(await run('cat small', await restored()), '3');
  });

  test('every state of before is in the new sandbox too, with its name', async () => {
    const states: string[] = [];
    for (const text of ['1', '2', '3']) {
      await run(`printf ${text} > f`);
      states.push((await recorder.record(sandbox)).commit);
      if (text !== '2') await save();
    }
    const other = await restored();
    for (const [index, state] of states.entries())
      assert.equal(
        await run(`git --git-dir="${other.scratch.folder}/files.git" cat-file blob ${state}:f`, other),
        `${index + 1}`,
      );
    assert.equal((await new Recorder(store, logger).record(other)).commit, states.at(-1));
  });

  test('a chain ends after 20 links with a whole one, which nothing else is kept beside; nobody else can read them', async () => {
    await run('head -c 100000 /dev/urandom > large');
    for (let link = 1; link <= 20; link += 1) {
      await run(`head -c 100 /dev/urandom > f; printf ${link} >> f`);
      await save();
    }
    assert.equal((await chain()).length, 20);
    assert.equal(await save(), null);
    await run('printf end > f');
    await save();
    assert.deepEqual(await chain(), [[21, null]]);
    assert.deepEqual(files(), ['21.bundle']);
    const path = join(folder, 'snapshots', id);
    assert.deepEqual(
      [path, join(path, '21.bundle')].map((name) => statSync(name).mode & 0o777),
      [0o700, 0o600],
    );
    assert.equal(await run('cat f', await restored()), 'end');
  });

  test('a sandbox that knows nothing of what is kept gives a whole one', async () => {
    await run('printf 1 > f');
    await save();
    const other = await fresh();
    await run('printf other > f', other);
    await save(other);
    assert.deepEqual(await chain(), [[2, null]]);
    assert.equal(await run('cat f', await restored()), 'other');
  });

  test('what is left out is named, though it was left out by an earlier step', async () => {
    await run(
      'truncate -s 53000000 huge; git init -q; truncate -s 210000000 .git/objects/pack/huge; mkdir empty; printf 1 > f',
    );
    await recorder.record(sandbox);
    assert.deepEqual((await save())?.leftOut, ['huge', '.git']);
    const other = await restored();
    assert.equal(await run('find . | sort | xargs', other), '. ./empty ./f\n');
  });

  test('a save that is cut off anywhere leaves what was saved before it, and the next one is whole again', async () => {
    const saveWith = (name: 'addSnapshot' | 'removeSnapshots') => {
      const fails = () => Promise.reject(new Error('The power went off.'));
      const broken = { ...store, workspaces: { ...store.workspaces, [name]: fails } };
      return new Snapshots(broken, recorder, folder, logger).save(sandbox, id, 'turn');
    };
    const cuts: [string, () => Promise<unknown>][] = [
      ['before its end', () => save(through(sandbox, { piece: (bytes) => bytes.subarray(1) }))],
      ['with other bytes', () => save(through(sandbox, { piece: (bytes) => bytes.map((byte) => byte ^ 1) }))],
      ['before its row', () => saveWith('addSnapshot')],
    ];
    await run('printf 0 > f');
    await save();
    for (const [index, [name, cut]] of cuts.entries()) {
      await run(`printf ${index + 1} > f`);
      await assert.rejects(cut, { code: 'snapshot_failed' }, name);
      assert.equal(await run('cat f', await restored()), '0', name);
    }
    assert.ok(await save());
    assert.deepEqual(await chain(), [
      [1, null],
      [2, 1],
    ]);
    assert.equal(await run('cat f', await restored()), '3');
    assert.deepEqual(files(), ['1.bundle', '2.bundle']);
    // Between the row of a whole one and the end of what it replaces.
    await run(`rm -rf "${sandbox.scratch.folder}/files.git"; printf 4 > f`);
    await assert.rejects(() => saveWith('removeSnapshots'), { code: 'snapshot_failed' });
    assert.equal(await run('cat f', await restored()), '4');
    assert.deepEqual(await chain(), [
      [1, null],
      [2, 1],
      [3, null],
    ]);
    await snapshots.collect(new Set());
    assert.deepEqual(await chain(), [[3, null]]);
    assert.deepEqual(files(), ['3.bundle']);
  });

  test('a restore that is cut off is repeated, a damaged snapshot is refused, and then the next one is whole', async () => {
    await run(
      `${person} init -q; mkdir closed; for i in {1..300}; do printf $i > closed/$i; done; chmod 500 closed`,
    );
    await save();
    await run(`${person} add . && ${person} commit -qm 1; printf new > n`);
    await save();
    const other = await fresh();
    const cutAt = (text: string) =>
      through(other, { command: (script) => script.replace(text, () => `kill -9 $$; ${text}`) });
    for (const place of ['git update-ref refs/heads/files "$state"', 'count=0\n', 'list folders', 'exit 0\n'])
      await assert.rejects(snapshots.restore(cutAt(place), id), { code: 'restore_failed' }, place);
    const beforeWrite = (name: string) => assert.notEqual(name, '2.bundle', 'The power went off.');
    await assert.rejects(snapshots.restore(through(other, { beforeWrite }), id), { code: 'restore_failed' });
    await snapshots.restore(other, id);
    assert.deepEqual(await everything(other), await everything(sandbox));
    const path = join(folder, 'snapshots', id, '1.bundle');
    const bytes = readFileSync(path);
    bytes[bytes.length - 30] = (bytes[bytes.length - 30] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const empty = await fresh();
    await assert.rejects(snapshots.restore(empty, id), { code: 'restore_failed' });
    assert.equal(await run('find . -mindepth 1', empty), '');
    rmSync(path);
    await run('printf newer > n');
    await save();
    assert.deepEqual(await chain(), [[3, null]]);
    assert.deepEqual(await everything(await restored()), await everything(sandbox));
  });
});
