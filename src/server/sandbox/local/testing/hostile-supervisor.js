#!/usr/bin/env node
// Stands in the place of bwrap and answers as a supervisor that an attacker took over. Started as bwrap is: the arguments
// come on descriptor 3, among them the folder of the control socket.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

const [, , first] = process.argv;
if (first === '--version') process.stdout.write('bubblewrap 0.8.0\n');
else if (first === '--help') process.stdout.write('--size --disable-userns\n');
else serve(connect(`${controlFolder()}/control`));

function controlFolder() {
  const args = readFileSync(3, 'utf8').split('\0');
  return args[args.indexOf('/run/crosspoint') - 1];
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
    // Files
    'more than asked': () => socket.write(frame(data, id, 'x'.repeat(5_000))) && finish({ size: 1 }),
    'no entries': () => socket.write(frame(data, id, 'not json\n')) && finish({}),
    'an odd entry': () =>
      socket.write(frame(data, id, '{"path":"a","type":"root"}\n')) && finish({ entry: { path: 1 } }),
  };
  const probe = [
    'CapEff 0000000000000000',
    'NoNewPrivs 1',
    'Seccomp 2',
    'Routes 0',
    'Shadow absent',
    'CorePattern closed',
  ];
  const behave = behaviours[request.command ?? request.path];
  if (behave) return behave();
  if (request.op === 'exec') socket.write(frame(stdout, id, `${probe.join('\n')}\n`));
  finish(request.op === 'stat' ? { entry: null } : done);
}
