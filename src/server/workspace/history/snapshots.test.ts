import { after, before, beforeEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { cannotRun } from '#server/sandbox/local/testing/fixture.ts';
import { person, SnapshotBench } from './testing/snapshot-bench.ts';
import { Recorder } from './recorder.ts';

/** Between real pods, with their git: what is lost with one is in the other. */
describe('snapshots of a workspace', { skip: await cannotRun() }, () => {
  let bench: SnapshotBench;
  before(async () => (bench = await SnapshotBench.open()));
  after(() => bench.close());
  beforeEach(() => bench.next());

  test('every kind of file, repositories, what is staged and stashed, and empty folders come back byte for byte', async () => {
    await bench.run(`mkdir -p a/b "ü ö" empty/in private "-dash" $'line\\nbreak'
      printf 'x' > a/b/c; : > a/nothing; printf 'a\\r\\nb\\r\\n' > crlf; head -c 300000 /dev/urandom > binary
      printf 1 > "ü ö/ß"; printf 2 > -- -dash/-file; printf 3 > $'line\\nbreak/tab\\t"quote'; chmod 755 a/b/c
      ln -s a/b/c link; ln -s /nowhere broken; ln -s a folder-link; printf k > private/key; chmod 600 private/key; chmod 700 private
      printf '*.log\\n* text eol=crlf filter=x\\n' > .gitattributes; printf ro > read-only; chmod 444 read-only`);
    await bench.run(`${person} init -q && ${person} add a crlf && ${person} commit -qm one && printf 2 > a/b/c && ${person} stash -q
      git branch other && git tag v1 && git pack-refs --all && printf 3 > a/b/c && git add a/b/c && printf 4 > a/b/c
      printf '#!/bin/sh\\n' > .git/hooks/pre-commit && chmod +x .git/hooks/pre-commit`);
    await bench.run(`mkdir -p nested/deep unborn && cd nested/deep && ${person} init -q && printf n > n && ${person} add n && ${person} commit -qm n
      cd ../../unborn && ${person} init -q && printf u > u && git add u && cd .. && git init -q --bare bare.git
      git -C nested/deep worktree add -q ../../worktree -b side`);
    const before = await bench.everything();
    assert.ok(await bench.save());
    const other = await bench.restored();
    assert.deepEqual(await bench.everything(other), before);
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
      assert.equal(
        await bench.run(`cd ${inside} && ${command}`, other),
        await bench.run(`cd ${inside} && ${command}`),
      );
      await bench.run(`cd ${inside} && git fsck --full --strict`, other);
    }
  });

  test('single files that rules leave out are kept though nobody wrote them here, and change alone; folders are not', async () => {
    await bench.run(
      'printf ".env*\\n*.db\\nout/\\n" > .gitignore; mkdir -p sub/deep out node_modules/x; printf 1 | tee .env .env.local sub/deep/a.db out/o node_modules/x/y.db; head -c 2000000 /dev/zero > sub/large.db; chmod 600 .env',
    );
    await bench.save();
    await bench.run('printf 2 > .env; rm .env.local');
    assert.ok(await bench.save(), 'it is new');
    assert.equal(await bench.save(), null);
    const other = await bench.restored();
    assert.equal(
      await bench.run('find . -type f | sort; cat .env; stat -c %a .env', other),
      './.env\n./.gitignore\n./sub/deep/a.db\n2600\n',
    );
  });

  test('what is made again is not kept', async () => {
    await bench.run(
      'printf ".env\\nout\\n" > .gitignore; mkdir -p node_modules/x out; printf 1 | tee .env out/o node_modules/x/i',
    );
    await bench.recorder.begin(bench.sandbox, {
      threadId: bench.id,
      toolCallId: 'c',
      runId: 'r',
      paths: ['.env'],
    });
    await bench.save();
    const listed = await bench.run('find . -type f | sort', await bench.restored());
    assert.equal(listed, './.env\n./.gitignore\n');
  });

  test('only what is new is taken out, and nothing when nothing is; a repository that changes alone is new', async () => {
    await bench.run(
      `head -c 2000000 /dev/urandom > large; ${person} init -q; ${person} add .; ${person} commit -qm 1`,
    );
    const first = await bench.save();
    assert.equal(await bench.save(), null);
    await bench.run('printf 2 > small');
    const second = await bench.save();
    await bench.run(`${person} commit -q --allow-empty -m 2`);
    const third = await bench.save();
    assert.ok(
      first && second && third && first.bytes > 2_000_000 && second.bytes < 20_000 && third.bytes < 20_000,
    );
    assert.deepEqual(await bench.chain(), ['1 whole', '2 on 1', '3 on 2']);
    assert.deepEqual(await bench.snapshots.snapshot(bench.id), third);
    const other = await bench.restored();
    assert.deepEqual(await bench.everything(other), await bench.everything());
    // The chain goes on in the new one.
    await bench.run('printf 3 > small', other);
    assert.ok(((await bench.save(other))?.bytes ?? Infinity) < 20_000);
    assert.deepEqual((await bench.chain()).at(-1), '4 on 3');
    assert.equal(await bench.run('cat small', await bench.restored()), '3');
  });

  test('every state of before is in the new sandbox too, with its name', async () => {
    const states: string[] = [];
    for (const text of ['1', '2', '3']) {
      await bench.run(`printf ${text} > f`);
      states.push((await bench.recorder.record(bench.sandbox)).commit);
      if (text !== '2') await bench.save();
    }
    const other = await bench.restored();
    for (const [index, state] of states.entries())
      assert.equal(
        await bench.run(`git --git-dir="${other.scratch.folder}/files.git" cat-file blob ${state}:f`, other),
        `${index + 1}`,
      );
    assert.equal(
      (await new Recorder(bench.store, { warn: () => undefined }).record(other)).commit,
      states.at(-1),
    );
  });

  test('a chain ends after 20 links with a whole one, which nothing else is kept beside; nobody else can read them', async () => {
    await bench.run('head -c 100000 /dev/urandom > large');
    for (let link = 1; link <= 20; link += 1) {
      await bench.run(`head -c 100 /dev/urandom > f; printf ${link} >> f`);
      await bench.save();
    }
    assert.equal((await bench.chain()).length, 20);
    assert.equal(await bench.save(), null);
    await bench.run('printf end > f');
    await bench.save();
    assert.deepEqual(await bench.chain(), ['21 whole']);
    assert.deepEqual(bench.files(), ['21.bundle']);
    const path = join(bench.folder, 'snapshots', bench.id);
    assert.deepEqual(
      [path, join(path, '21.bundle')].map((name) => statSync(name).mode & 0o777),
      [0o700, 0o600],
    );
    assert.equal(await bench.run('cat f', await bench.restored()), 'end');
  });

  test('a sandbox that knows nothing of what is kept gives a whole one', async () => {
    await bench.run('printf 1 > f');
    await bench.save();
    const other = await bench.fresh();
    await bench.run('printf other > f', other);
    await bench.save(other);
    assert.deepEqual(await bench.chain(), ['2 whole']);
    assert.equal(await bench.run('cat f', await bench.restored()), 'other');
  });

  test('what is left out is named, though it was left out by an earlier step', async () => {
    await bench.run(
      'truncate -s 53000000 huge; git init -q; truncate -s 210000000 .git/objects/pack/huge; mkdir empty; printf 1 > f',
    );
    await bench.recorder.record(bench.sandbox);
    assert.deepEqual((await bench.save())?.leftOut, ['huge', '.git']);
    const other = await bench.restored();
    assert.equal(await bench.run('find . | sort | xargs', other), '. ./empty ./f\n');
  });

  test('files whose place a repository, a folder or a link takes, and the other way round', async () => {
    const repository = `${person} init -q; printf 1 > new; ${person} add new; ${person} commit -qm 1`;
    await bench.run('printf 1 | tee file other third unborn; mkdir folder; printf 1 > folder/old');
    await bench.save();
    await bench.run(`rm file; mkdir file; (cd file; ${repository}); (cd folder; ${repository})
      rm unborn; git init -q unborn; printf 2 > unborn/new;      rm other; ln -s folder other; rm third; mkdir -p third/deep; printf 2 > third/deep/f`);
    await bench.save();
    assert.deepEqual(await bench.everything(await bench.restored()), await bench.everything());
    await bench.run(
      'rm -r file folder third unborn; printf 3 | tee file folder third unborn; rm other; mkdir other',
    );
    await bench.save();
    assert.deepEqual(await bench.everything(await bench.restored()), await bench.everything());
  });
});
