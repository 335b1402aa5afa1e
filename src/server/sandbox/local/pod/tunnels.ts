import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Reply } from './reply.ts';

/** A connection of its own to the host, for bytes that are no frames: each side is slowed down by the other. */
export function dialHost(socketPath: string, token: string): Socket {
  const host = connect({ path: socketPath, allowHalfOpen: true });
  host.write(`tunnel ${token}\n`);
  return host;
}

/** Joins a port inside with the host, once it is known that something listens there. */
export function joinPort(socketPath: string, port: number, token: string, reply: Reply): void {
  // By name: some servers listen on the one loopback address, some on the other.
  const server = connect({ host: 'localhost', port, allowHalfOpen: true });
  const refuse = (cause: Error) => reply.failed({ code: 'refused', detail: cause.message });
  server.once('error', refuse);
  server.once('connect', () => {
    server.off('error', refuse);
    const host = dialHost(socketPath, token);
    server.on('error', () => host.destroy()).on('close', () => host.destroy());
    host.on('error', () => server.destroy()).on('close', () => server.destroy());
    server.pipe(host).pipe(server);
    reply.done({});
  });
}
