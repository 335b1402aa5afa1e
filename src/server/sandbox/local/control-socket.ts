import { randomBytes } from 'node:crypto';
import { chmod, open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

/** Milliseconds for the first line of a connection. */
const helloTimeoutMs = 5_000;
const maxHelloBytes = 64;
/** Connections at one time: the control connection, the tunnels of the egress proxy, ports and terminals. */
const maxConnections = 129;

/**
 * The one socket between host and pod. The host listens, in a folder that the pod sees read-only, so nothing inside can
 * put another socket in its place. The first connection that says `control` is the supervisor, before any command runs;
 * later ones are refused.
 */
export class ControlSocket {
  readonly #server: Server;
  readonly #folder: FileHandle;
  readonly #sockets = new Set<Socket>();
  /** Tunnels that were asked for, by their token: what the pod dials without being asked is refused. */
  readonly #awaited = new Map<string, (socket: Socket) => void>();
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

  /** The next connection with a token that nobody can guess; to be given up with `abort`. */
  awaitTunnel(): { token: string; socket: Promise<Socket>; abort: () => void } {
    const token = randomBytes(16).toString('hex');
    const { promise, resolve } = Promise.withResolvers<Socket>();
    this.#awaited.set(token, resolve);
    return { token, socket: promise, abort: () => this.#awaited.delete(token) };
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
    // Read by hand, not by flow: whoever gets the socket finds it as a new one, neither flowing nor paused.
    const read = () => {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return;
      seen = Buffer.concat([seen, chunk]);
      const end = seen.indexOf(10);
      if (end < 0 && seen.length <= maxHelloBytes) return;
      clearTimeout(timer);
      socket.off('readable', read);
      const rest = seen.subarray(end + 1);
      if (rest.length > 0) socket.unshift(rest);
      const hello = end < 0 ? '' : seen.toString('latin1', 0, end);
      if (hello === 'control' && !this.#attached) {
        this.#attached = true;
        return onControl(socket);
      }
      if (hello === 'egress' && onEgress) return onEgress(socket);
      const tunnel = hello.startsWith('tunnel ') ? hello.slice('tunnel '.length) : '';
      const resolve = this.#awaited.get(tunnel);
      if (resolve && this.#awaited.delete(tunnel)) return resolve(socket);
      socket.destroy();
    };
    socket.on('readable', read).once('close', () => clearTimeout(timer));
  }
}
