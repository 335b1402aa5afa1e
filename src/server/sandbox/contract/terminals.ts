import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { Pty, Sandbox } from '../sandbox.ts';
import { refuses, sha256, succeeded } from './context.ts';
import type { Context } from './context.ts';

/** What a terminal has printed, and a way to wait for more of it. */
class Screen {
  text = '';
  readonly pty: Pty;
  #waiting: (() => void) | null = null;

  constructor(pty: Pty) {
    this.pty = pty;
    pty.onData((bytes) => {
      this.text += Buffer.from(bytes).toString('latin1');
      this.#waiting?.();
    });
  }

  type(keys: string): Promise<void> {
    return this.pty.write(Buffer.from(keys));
  }

  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.text);
      if (found) return found;
      await new Promise<void>((resolve) => (this.#waiting = resolve));
    }
  }
}

export function terminalPromises({ sandbox }: Context): void {
  test('a terminal has its size, echoes what is typed, and ends with its exit code', async () => {
    const screen = new Screen(await sandbox().pty({ columns: 93, rows: 41 }));
    await screen.type('stty size; echo "in $PWD"\n');
    await screen.shows(/41 93\r\n/);
    await screen.shows(new RegExp(`in ${sandbox().workdir}\r\n`));
    await screen.type('read word; echo "<$word>"\nhello\n');
    await screen.shows(/<hello>\r\n/);
    await screen.pty.resize(120, 30);
    await screen.type('stty size\n');
    await screen.shows(/30 120\r\n/);
    await screen.type('exit 7\n');
    assert.deepEqual(await screen.pty.exited, { exitCode: 7 });
  });

  test('Ctrl-C ends what runs in a terminal, and the shell goes on', async () => {
    const screen = new Screen(await sandbox().pty({ columns: 80, rows: 24 }));
    // Between two commands the shell may lose an interrupt: this one runs, since it has answered.
    await screen.type('sed -u s/said/heard/\nI said\n');
    await screen.shows(/I heard\r\n/);
    await screen.type('\u0003');
    // What is typed before the prompt is there again may be thrown away with the interrupt.
    await screen.shows(/\^C\r?\n[^]*[$#] /);
    await screen.type('echo "on"" it goes"\n');
    await screen.shows(/on it goes\r\n/);
    await screen.pty.kill();
    assert.deepEqual(await screen.pty.exited, { exitCode: null });
  });

  test('a terminal that is killed takes along what it started, and nothing else does', async () => {
    const screen = new Screen(await sandbox().pty({ columns: 80, rows: 24 }));
    await screen.type('setsid sleep 7531 & echo "st""arted"\n');
    await screen.shows(/started\r\n/);
    // A command that is stopped ends its own tree only.
    await sandbox().exec('sleep 600', { timeoutMs: 300 });
    assert.equal(await sleepers(sandbox()), 1);
    await screen.pty.kill();
    assert.equal(await sleepers(sandbox()), 0);
  });
}

/** Of the contract: the bytes of a terminal, and where it starts. */
export function terminalBytePromises({ sandbox }: Context): void {
  const size = { columns: 80, rows: 24 };

  test('what a terminal printed last is there when it has ended', async () => {
    const screen = new Screen(await sandbox().pty(size));
    await screen.type('exec seq 40000\n');
    assert.deepEqual(await screen.pty.exited, { exitCode: 0 });
    assert.match(screen.text, /\r\n39999\r\n40000\r\n$/);
  });

  test('a terminal gives nothing on while it is asked to wait, and loses nothing by that', async () => {
    const pty = await sandbox().pty(size);
    const pieces: string[] = [];
    let waiting = false;
    pty.onData(async (bytes) => {
      assert.ok(!waiting, 'one piece at a time');
      waiting = true;
      pieces.push(Buffer.from(bytes).toString('latin1'));
      await new Promise((resolve) => setImmediate(resolve));
      waiting = false;
    });
    await pty.write(Buffer.from('exec seq 100000\n'));
    await pty.exited;
    const expected = Array.from({ length: 100_000 }, (_, index) => `${index + 1}\r\n`).join('');
    assert.ok(pieces.join('').endsWith(expected), `${pieces.length} pieces`);
  });

  test('Ctrl-C gets through to what floods a terminal', async () => {
    const screen = new Screen(await sandbox().pty(size));
    await screen.type('yes flood\n');
    await screen.shows(/(flood\r\n){1000}/);
    await screen.type('\u0003');
    await screen.shows(/\^C\r?\n[^]*[$#] $/);
    await screen.type('exit 3\n');
    assert.deepEqual(await screen.pty.exited, { exitCode: 3 });
  });

  test('every byte that is written arrives, a large paste too', async () => {
    const screen = new Screen(await sandbox().pty(size));
    const pasted = randomBytes(400_000);
    await screen.type(
      `stty raw -echo; echo re''ady; head -c ${pasted.length} | sha256sum; stty sane; exit\n`,
    );
    await screen.shows(/ready\r?\n/);
    await screen.pty.write(pasted);
    await screen.pty.exited;
    assert.ok(screen.text.includes(sha256(pasted)), screen.text.slice(-300));
  });

  test('a terminal starts in the folder that is named, and nowhere else', async () => {
    succeeded(await sandbox().exec('mkdir -p "started here"'));
    const screen = new Screen(await sandbox().pty({ ...size, cwd: 'started here' }));
    await screen.type('echo "in $PWD"; exit\n');
    await screen.pty.exited;
    assert.ok(screen.text.includes(`in ${sandbox().workdir}/started here`), screen.text);
    await refuses(sandbox().pty({ ...size, cwd: 'missing' }), 'file_not_found');
    for (const cwd of ['..', '/etc', 'a/../../x', 'a\0b'])
      await refuses(sandbox().pty({ ...size, cwd }), 'path_outside_workspace');
  });
}

async function sleepers(sandbox: Sandbox): Promise<number> {
  const count =
    'n=0; for p in /proc/[0-9]*/cmdline; do case $(tr "\\0" " " <$p 2>/dev/null) in "sleep 7"531*) n=$((n+1));; esac; done; echo $n';
  return Number((await sandbox.exec(count)).stdout);
}
