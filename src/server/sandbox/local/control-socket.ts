import { chmod, open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

/** Milliseconds for the first line of a connection. */
const helloTimeoutMs = 5_000;
const maxHelloBytes = 16;
/** Connections at one time: the control connection and the tunnels of the egress proxy. */
const maxConnections = 65;

/**
 * The one socket between host and pod. The host listens, in a folder that the pod sees read-only, so nothing inside can
 * put another socket in its place. The first connection that says `control` is the supervisor, before any command runs;
 * later ones are refused.
 */
export class ControlSocket {
  readonly #server: Server;
  readonly #folder: FileHandle;
  readonly #sockets = new Set<Socket>();
  #attached = false;

  private constructor(server: Server, folder: FileHandle) {
    this.#server = server;
    this.#folder = folder;
  }

  /** @param onEgress null when the sandbox has no way out */
  static async listen(
    folder: string,
    onControl: (socket: Socket) => void,
    onEgress: ((socket: Socket) => void) | null,
  ): Promise<ControlSocket> {
    const server = createServer({ allowHalfOpen: true });
    server.maxConnections = maxConnections;
    const handle = await open(folder, 'r');
    // A socket's path has at most 107 bytes; through the open folder it is short wherever the data directory is.
    const path = `/proc/self/fd/${handle.fd}/control`;
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
    // The pod runs as another user; the folder above is closed to everybody else.
    await chmod(`${folder}/control`, 0o666);
    const control = new ControlSocket(server, handle);
    server.on('connection', (socket) => control.#greet(socket, onControl, onEgress));
    return control;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.#folder.close();
  }

  #greet(
    socket: Socket,
    onControl: (socket: Socket) => void,
    onEgress: ((socket: Socket) => void) | null,
  ): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => this.#sockets.delete(socket));
    const timer = setTimeout(() => socket.destroy(), helloTimeoutMs);
    let seen = Buffer.alloc(0);
    const read = (chunk: Buffer) => {
      seen = Buffer.concat([seen, chunk]);
      const end = seen.indexOf(10);
      if (end < 0 && seen.length <= maxHelloBytes) return;
      clearTimeout(timer);
      socket.off('data', read).pause();
      const rest = seen.subarray(end + 1);
      if (rest.length > 0) socket.unshift(rest);
      const hello = end < 0 ? '' : seen.toString('latin1', 0, end);
      if (hello === 'control' && !this.#attached) {
        this.#attached = true;
        return onControl(socket);
      }
      if (hello === 'egress' && onEgress) return onEgress(socket);
      socket.destroy();
    };
    socket.on('data', read).once('close', () => clearTimeout(timer));
  }
}
