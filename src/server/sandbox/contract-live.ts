import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { request, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { CrosspointError } from '#protocol/errors.ts';
import type { PortTarget, Pty, Sandbox } from './sandbox.ts';

/** Of the contract (`contract.ts`): terminals, ports, our own files, and whether anything changed. */
export function livePromises(sandbox: () => Sandbox): void {
  terminalPromises(sandbox);
  portPromises(sandbox);
  scratchPromises(sandbox);
  changePromises(sandbox);
}

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

function terminalPromises(sandbox: () => Sandbox): void {
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
    await screen.type('echo "be""gun"; sleep 600\n');
    await screen.shows(/begun\r\n/);
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

async function sleepers(sandbox: Sandbox): Promise<number> {
  const count =
    'n=0; for p in /proc/[0-9]*/cmdline; do case $(tr "\\0" " " <$p 2>/dev/null) in "sleep 7"531*) n=$((n+1));; esac; done; echo $n';
  return Number((await sandbox.exec(count)).stdout);
}

const server = (port: number) =>
  `node -e 'require("http").createServer((q, s) => { let n = 0; q.on("data", d => n += d.length); q.on("end", () => s.end(q.method + " " + q.url + " " + n)) }).listen(${port}, () => console.log("up"))'`;

function portPromises(sandbox: () => Sandbox): void {
  test('a server inside is reached from the host, also with a large body and many at once', async () => {
    const started = await sandbox().exec(server(8_765), { background: true });
    try {
      const target = await sandbox().port(8_765);
      await eventually(() => ask(target, 'GET', '/up'));
      assert.equal(await ask(target, 'POST', '/body', randomBytes(3_000_000)), 'POST /body 3000000');
      const many = Array.from({ length: 20 }, (_, index) => ask(target, 'GET', `/${index}`));
      assert.deepEqual(
        await Promise.all(many),
        Array.from({ length: 20 }, (_, index) => `GET /${index} 0`),
      );
    } finally {
      await sandbox().exec(`kill ${started.processId}`);
    }
  });

  test('a port that nobody listens on says so', async () => {
    const target = await sandbox().port(8_766);
    await assert.rejects(ask(target, 'GET', '/'), (cause) => {
      if (target.kind === 'url') return /502/.test(String(cause));
      return cause instanceof CrosspointError && cause.code === 'port_closed';
    });
  });
}

async function eventually(look: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      return void (await look());
    } catch (cause) {
      if (tries > 600) throw cause;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function ask(target: PortTarget, method: string, path: string, body?: Buffer): Promise<string> {
  const outgoing =
    target.kind === 'url'
      ? request(new URL(path, target.url), { method, headers: target.headers })
      : await overSocket(await target.connect(), method, path);
  outgoing.end(body);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${text}`);
  return text;
}

function overSocket(connection: Duplex, method: string, path: string) {
  return request({ createConnection: () => connection, method, path, headers: { host: 'localhost' } });
}

function scratchPromises(sandbox: () => Sandbox): void {
  test('our own files come back byte for byte, in pieces, and commands find them in their folder', async () => {
    const { scratch } = sandbox();
    const content = randomBytes(9_000_001);
    async function* pieces() {
      for (let at = 0; at < content.length; at += 1_000_000) yield content.subarray(at, at + 1_000_000);
    }
    await scratch.write('large.bin', pieces());
    const read: Uint8Array[] = [];
    for await (const piece of scratch.read('large.bin')) read.push(piece);
    assert.ok(Buffer.concat(read).equals(content));
    const sum = createHash('sha256').update(content).digest('hex');
    const { stdout } = await sandbox().exec(`sha256sum < ${scratch.folder}/large.bin`);
    assert.equal(stdout.split(' ')[0], sum);
    assert.deepEqual(
      await sandbox()
        .files.list('.', { recursive: true })
        .then((all) => all.filter(({ path }) => path.includes('large.bin'))),
      [],
    );
    await scratch.write('large.bin', Buffer.from(''));
    assert.equal((await sandbox().exec(`wc -c < ${scratch.folder}/large.bin`)).stdout.trim(), '0');
    await scratch.remove('large.bin');
    await scratch.remove('large.bin');
    await assert.rejects(
      async () => {
        for await (const _ of scratch.read('large.bin'));
      },
      { code: 'file_not_found' },
    );
  });

  test('a name of our own files is one segment', async () => {
    for (const name of ['../x', 'a/b', '', '.', '..', '/etc/passwd', 'a\0b'])
      await assert.rejects(sandbox().scratch.write(name, Buffer.from('x')), {
        code: 'path_outside_workspace',
      });
  });
}

function changePromises(sandbox: () => Sandbox): void {
  test('a change of a file, of a mode, of a link and of a name is noticed', async () => {
    const { files } = sandbox();
    await files.write('watched/one.txt', Buffer.from('1'));
    let { token } = await files.changedSince(null);
    for (const change of [
      'echo 2 > watched/one.txt',
      'chmod +x watched/one.txt',
      'ln -s one.txt watched/link',
      'mv watched/one.txt watched/two.txt',
      'rm watched/two.txt',
    ]) {
      await sandbox().exec(change);
      const looked = await files.changedSince(token);
      assert.equal(looked.changed, true, change);
      token = looked.token;
    }
  });
}
