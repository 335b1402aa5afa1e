#!/usr/bin/env node
// Stands in the place of bwrap and answers as a supervisor that an attacker took over. Started as bwrap is: the arguments
// come on descriptor 3, among them the folder of the control socket.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

const [, , first] = process.argv;
let control = '';
if (first === '--version') process.stdout.write('bubblewrap 0.8.0\n');
else if (first === '--help') process.stdout.write('--size --disable-userns\n');
else serve(connect(controlPath()));

function controlPath() {
  if (control) return control;
  const args = readFileSync(3, 'utf8').split('\0');
  control = `${args[args.indexOf('/run/crosspoint') - 1]}/control`;
  return control;
}

function frame(kind, id, payload) {
  const body = Buffer.from(payload);
  const header = Buffer.alloc(9);
  header.writeUInt32BE(body.length, 0);
  header.writeUInt8(kind, 4);
  header.writeUInt32BE(id, 5);
  return Buffer.concat([header, body]);
}

function serve(socket) {
  socket.write('control\n');
  socket.on('error', () => process.exit()).on('close', () => process.exit());
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUInt32BE(0)) {
      const [length, kind, id] = [rest.readUInt32BE(0), rest.readUInt8(4), rest.readUInt32BE(5)];
      const payload = rest.subarray(9, 9 + length).toString();
      rest = rest.subarray(9 + length);
      if (kind === 1) answer(socket, id, JSON.parse(payload));
    }
  });
}

const done = { exitCode: 0, signal: null, timedOut: false, survivors: 0 };

function answer(socket, id, request) {
  const [stdout, data, finished] = [10, 2, 13];
  const finish = (result) => socket.write(frame(finished, id, JSON.stringify(result)));
  const behaviours = {
    'a frame without end': () => socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 10, 0, 0, 0, 1])),
    'a frame of no kind': () => socket.write(frame(77, id, '{}')),
    'no JSON': () => socket.write(frame(finished, id, '{"exitCode":')),
    'another type': () => finish({ ...done, exitCode: 'root' }),
    'a strange signal': () => finish({ ...done, signal: 'SIGX; rm -rf /' }),
    'a file for output': () => finish({ ...done, processId: 2, outputFile: '/etc/passwd' }),
    'file content': () => socket.write(frame(data, id, 'content')),
    'a failure without a code': () => socket.write(frame(14, id, '{"detail":7}')),
    noise: () => socket.write(Buffer.alloc(5_000_000, 0x5a)),
    silence: () => undefined,
    'the end': () => process.exit(),
    'two answers': () => finish(done) && finish({ ...done, exitCode: 1 }),
    'answers to nobody': () => socket.write(frame(stdout, 4_000_000_000, 'x')) && finish(done),
    // Files, and our own
    'more than asked': () => socket.write(frame(data, id, 'x'.repeat(5_000))) && finish({ size: 1 }),
    'no entries': () => socket.write(frame(data, id, 'not json\n')) && finish({}),
    'a-slice-that-is-too-long': () =>
      socket.write(frame(data, id, 'x'.repeat(9_000))) && finish({ size: 5_000_000 }),
    'a-slice-of-no-size': () => finish({ size: 'all' }),
    'an odd entry': () =>
      socket.write(frame(data, id, '{"path":"a","type":"root"}\n')) && finish({ entry: { path: 1 } }),
  };
  if (request.op === 'pty' || request.op === 'connect') return tunnel(socket, id, request);
  const probe = [
    'CapEff 0000000000000000',
    'NoNewPrivs 1',
    'Seccomp 2',
    'Routes 0',
    'Shadow absent',
    'CorePattern closed',
  ];
  if (request.op === 'fingerprint') return finish({ token: { length: 3 } });
  const behave = behaviours[request.command ?? request.path];
  if (behave) return behave();
  if (request.op === 'exec') socket.write(frame(stdout, id, `${probe.join('\n')}\n`));
  finish(request.op === 'stat' ? { entry: null } : done);
}

/** What it does with a connection that it was asked for goes by the port, or the columns of the terminal. */
function tunnel(socket, id, { op, token, port = 0, columns = 0 }) {
  const finish = (result) => socket.write(frame(13, id, JSON.stringify(result)));
  const later = (result) => setTimeout(() => finish(result), 100);
  const dial = (hello) => {
    const connection = connect(controlPath());
    connection.on('error', () => undefined).write(`${hello}\n`);
    return connection;
  };
  if (op === 'connect') {
    if (port === 1) return socket.write(frame(14, id, '{"code":"refused","detail":"no"}'));
    if (port === 2) return socket.write(frame(14, id, '{"code":"root"}'));
    // The right token late, after wrong ones, and twice.
    for (const hello of [`tunnel ${token.slice(1)}`, `tunnel ${token}0`, 'tunnel ', 'control']) dial(hello);
    dial(`tunnel ${token}`).end('first');
    setTimeout(() => dial(`tunnel ${token}`).end('second'), 50);
    return finish({});
  }
  if (columns === 1) return finish({ exitCode: 0 });
  const connection = dial(`tunnel ${token}`);
  if (columns === 2) return connection.end('bye', () => later({ exitCode: 'root' }));
  if (columns === 3) return connection.end('bye', () => later({ exitCode: 1e99 }));
  if (columns === 4) return later({ exitCode: 5 });
  // More than anybody reads.
  const flood = Buffer.alloc(1_000_000, 'x');
  const pour = () => connection.write(flood, pour);
  pour();
}
