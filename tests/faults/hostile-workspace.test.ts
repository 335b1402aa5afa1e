import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { commitAll, startBranch, viewRepository } from '#server/git/repository.ts';
import { cannotRun, localFixture } from '#server/sandbox/local/testing/fixture.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { packed, unpackInto } from '#server/workspace/archive.ts';

/** What comes with an archive or a repository of a stranger acts inside the sandbox, or not at all; never on the host. */
describe(
  'a workspace that was made to harm the host',
  { skip: await cannotRun(), concurrency: false },
  () => {
    let fixture: Awaited<ReturnType<typeof localFixture>>;
    let sandbox: Sandbox;
    before(async () => {
      fixture = await localFixture();
      sandbox = await fixture.provider.open('hostile');
    });
    after(() => fixture[Symbol.asyncDispose]());

    const run = async (command: string) => {
      const result = await sandbox.exec(command);
      assert.equal(result.exitCode, 0, result.stderr);
      return result.stdout;
    };
    const marker = `/tmp/crosspoint-breach-${process.pid}`;

    const entries: [what: string, entry: Entry][] = [
      ['that climbs', { name: `../../../../../../..${marker}` }],
      ['that is absolute', { name: marker }],
      ['behind a link that is absolute', { name: 'out/x', after: { name: 'out', type: '2', link: '/tmp' } }],
      ['behind a link that climbs', { name: 'up/x', after: { name: 'up', type: '2', link: '../../..' } }],
      ['that is a hard link', { name: 'hard', type: '1', link: '/etc/passwd' }],
      ['that is a link to a process', { name: 'self', type: '2', link: '/proc/self/environ' }],
      ['that is a device', { name: 'device', type: '3' }],
      ['that is a program of root', { name: 'root', mode: '0006755' }],
      ['in our own folder', { name: '../home/user/.crosspoint/planted' }],
    ];
    for (const [what, entry] of entries)
      test(`an archive with an entry ${what} writes nothing outside of its sandbox`, async () => {
        const files = entry.after ? [entry.after, entry] : [entry];
        const archive = Buffer.concat([...files.map(tarEntry), Buffer.alloc(1_024)]);
        await unpackInto(sandbox, 'unpacked', slices(archive)).catch((cause: { code?: string }) => {
          assert.equal(cause.code, 'bad_request');
        });
        assert.ok(!existsSync(marker));
        assert.deepEqual(readdirSync(join(fixture.dataDir, 'sandboxes', 'hostile')).sort(), folders);
        // Nothing with a user of its own, no device, and what is packed again has no content from outside.
        assert.equal(
          await run(
            'find / -xdev -newer /proc/1 -perm /6000 2>/dev/null | grep -v ^/proc; find . -type b -o -type c; true',
          ),
          '',
        );
        const back: Buffer[] = [];
        for await (const piece of packed(sandbox, 'unpacked')) back.push(Buffer.from(piece));
        const listed = await sandbox.exec('tar -tvz', { stdin: Buffer.concat(back) });
        assert.equal(listed.exitCode, 0, listed.stderr);
        assert.doesNotMatch(listed.stdout, /root:|passwd$/m);
        await run('rm -rf unpacked');
      });

    test('a repository runs what it brings along inside its sandbox only, and never keeps a person from the rest', async () => {
      const evil = `touch ${marker}; cat /proc/[0-9]*/environ > seen`;
      await run(`git init -q; echo '${evil}' > evil.sh; chmod +x evil.sh
      git config core.fsmonitor ./evil.sh; git config core.pager ./evil.sh; git config core.sshCommand ./evil.sh
      git config filter.evil.clean ./evil.sh; git config diff.external ./evil.sh; git config core.hooksPath .
      git config core.editor ./evil.sh; git config credential.helper '!./evil.sh'; git config alias.status '!./evil.sh'
      cp evil.sh pre-commit; cp evil.sh post-checkout; cp evil.sh reference-transaction
      echo '* filter=evil diff=evil' > .gitattributes
      git config remote.origin.url 'ext::sh -c ./evil.sh'; git config remote.option.url '--upload-pack=./evil.sh'`);
      const view = await viewRepository(sandbox);
      assert.equal(view.repository, true);
      for (const name of ['--orphan', '-x', '../../x', '$(touch breach)', 'a..b', ''])
        await assert.rejects(startBranch(sandbox, name), { code: 'git_failed' });
      await commitAll(sandbox, '$(touch breach)\n`touch breach`\n').catch((cause: { code?: string }) => {
        assert.equal(cause.code, 'git_failed');
      });
      assert.equal(await run('[ ! -e breach ] && echo none'), 'none\n');
      assert.ok(!existsSync(marker));
      // It did run, inside: the attack was one.
      assert.equal(await run(`ls ${marker}`), `${marker}\n`);
      assert.doesNotMatch(await run('tr "\\0" "\\n" <seen'), /CROSSPOINT_(?!EXEC)|_KEY=|TOKEN/);
    });
  },
);

const folders = ['control', 'home', 'tmp', 'workspace'];

interface Entry {
  name: string;
  /** As tar writes it: 0 a file, 1 a hard link, 2 a link, 3 a device. */
  type?: string;
  link?: string;
  mode?: string;
  after?: Entry;
}

function tarEntry({ name, type = '0', link = '', mode = '0000644' }: Entry): Buffer {
  const content = type === '0' ? Buffer.from('planted') : Buffer.alloc(0);
  const header = Buffer.alloc(512);
  const write = (text: string, at: number) => header.write(text, at, 'latin1');
  write(name, 0);
  write(`${mode}\0`, 100);
  write('0000000\0', 108);
  write('0000000\0', 116);
  write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  write('00000000000\0', 136);
  write('        ', 148);
  write(type, 156);
  write(link, 157);
  write('ustar\0' + '00', 257);
  write('root', 265);
  write('0000001\0', 329);
  write('0000003\0', 337);
  const sum = header.reduce((total, byte) => total + byte, 0);
  write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

async function* slices(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000);
}
