import { mkdirSync, stat } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { Commands } from './commands.ts';
import { listenForEgress } from './egress-relay.ts';
import { fingerprint } from './fingerprint.ts';
import {
  identityOf,
  listFiles,
  readFile,
  removeFile,
  statFile,
  workspace,
  writeFile,
} from './file-requests.ts';
import { FrameReader, frameKind } from './frames.ts';
import type { Frame } from './frames.ts';
import { Reply, failureOf } from './reply.ts';
import { Ptys } from './ptys.ts';
import type { PodRequest } from './requests.ts';
import { joinPort } from './tunnels.ts';

/**
 * The first process of a pod. It dials out to the host's socket, does what the host asks, and ends with the connection.
 * It has no authority: whatever a command could do to it, the host treats its every byte as hostile.
 */
const socketPath = '/run/crosspoint/control';

function main(): void {
  mkdirSync('/home/user/.crosspoint', { recursive: true });
  // Node starts its threads with the first of these; when a command has used up all processes it could not.
  stat('/', () => undefined);
  const control = connect(socketPath, () => {
    control.write('control\n');
    if (process.env['HTTPS_PROXY']) listenForEgress(socketPath);
  });
  // Every stream that waits for the host listens for the same event.
  control.setMaxListeners(0);
  control.on('error', () => process.exit(1)).on('close', () => process.exit(0));
  const commands = new Commands();
  const ptys = new Ptys(commands, socketPath);
  const bodies = new Map<number, PassThrough>();
  const reader = new FrameReader();
  control.on('data', (chunk: Buffer) => {
    for (const frame of reader.push(chunk)) handle(frame, control, commands, ptys, bodies);
  });
}

function handle(
  frame: Frame,
  control: Socket,
  commands: Commands,
  ptys: Ptys,
  bodies: Map<number, PassThrough>,
): void {
  const { kind, id, payload } = frame;
  if (kind === frameKind.cancel) {
    bodies.get(id)?.destroy(new Error('the host gave it up'));
    return commands.cancel(id);
  }
  if (kind === frameKind.data) return void bodies.get(id)?.write(payload);
  if (kind === frameKind.end) {
    bodies.get(id)?.end();
    bodies.delete(id);
    return;
  }
  const request = JSON.parse(payload.toString()) as PodRequest;
  const reply = new Reply(control, id);
  const body = hasBody(request) ? new PassThrough() : null;
  if (body) bodies.set(id, body);
  const served = serve(id, request, body, reply, commands, ptys);
  const answered = served.catch((cause: unknown) => reply.failed(failureOf(cause)));
  // What still arrives of a file that could not be written is dropped.
  if (request.op === 'write') void answered.finally(() => bodies.delete(id));
}

function hasBody(request: PodRequest): boolean {
  return request.op === 'write' || (request.op === 'exec' && request.stdin);
}

async function serve(
  id: number,
  request: PodRequest,
  body: PassThrough | null,
  reply: Reply,
  commands: Commands,
  ptys: Ptys,
): Promise<void> {
  if (request.op === 'exec') return commands.run(id, request, body, reply);
  if (request.op === 'read') return readFile(request, reply);
  if (request.op === 'write') return writeFile(request, body ?? new PassThrough().end(), reply);
  if (request.op === 'list') return listFiles(request, reply);
  if (request.op === 'stat') return statFile(request, reply);
  if (request.op === 'identity') return reply.done({ identity: identityOf(workspace) });
  if (request.op === 'fingerprint') return reply.done({ token: fingerprint() });
  if (request.op === 'connect') return joinPort(socketPath, request.port, request.token, reply);
  if (request.op === 'pty') return ptys.start(id, request, reply);
  if (request.op === 'resize') return ptys.resize(request, reply);
  return removeFile(request, reply);
}

main();
