import type { Socket } from 'node:net';
import * as v from 'valibot';
import { CrosspointError } from '#protocol/errors.ts';
import type { Pty, PtyOptions } from '../sandbox.ts';
import { PodRefusal } from './channel.ts';
import type { Pod } from './pod.ts';
import { workspacePath } from './workspace-path.ts';

/** Milliseconds until a tunnel that was asked for must be there. */
const dialMs = 10_000;
/** Milliseconds for a change of the size. */
const resizeMs = 10_000;
const endSchema = v.object({ exitCode: v.nullable(v.pipe(v.number(), v.integer())) });

/** A terminal of a pod: its bytes have a connection of their own, whose two ends slow each other down. */
export async function openPty(pod: Pod, { columns, rows, cwd = '.' }: PtyOptions): Promise<Pty> {
  const { token, socket, abort } = pod.awaitTunnel();
  const request = { op: 'pty', token, columns, rows, cwd: workspacePath(cwd) } as const;
  const { answer, cancel } = pod.request(request, { deadlineMs: null });
  const ended = answer.then(
    (end) => ({ exitCode: v.parse(endSchema, end).exitCode }),
    () => ({ exitCode: null }),
  );
  const bytes = await inTime(
    socket,
    ended.then(() => Promise.reject(noTerminal())),
    abort,
    cancel,
  );
  let killed = false;
  const exited = ended.then(({ exitCode }) => {
    bytes.destroySoon();
    return { exitCode: killed ? null : exitCode };
  });
  return {
    exited,
    onData(listener) {
      bytes.on('data', (chunk: Buffer) => {
        const busy = listener(chunk);
        if (!busy) return;
        bytes.pause();
        void busy.then(() => bytes.resume());
      });
    },
    write: (data) =>
      new Promise((resolve) => {
        // What is written to a shell that has ended goes nowhere.
        bytes.write(data, () => resolve());
      }),
    async resize(wide, high) {
      const size = { op: 'resize', token, columns: wide, rows: high } as const;
      await pod.request(size, { deadlineMs: resizeMs }).answer.catch((cause: unknown) => {
        if (!(cause instanceof PodRefusal)) throw cause;
      });
    },
    async kill() {
      killed = true;
      cancel();
      await ended;
    },
  };
}

/** One connection to a port inside. @throws `port_closed` */
export async function connectPort(pod: Pod, port: number): Promise<Socket> {
  const { token, socket, abort } = pod.awaitTunnel();
  const { answer } = pod.request({ op: 'connect', port, token }, { deadlineMs: dialMs });
  const refused = answer.then(
    () => new Promise<never>(() => undefined),
    (cause: unknown) => Promise.reject(new CrosspointError('port_closed', { port }, { cause })),
  );
  return inTime(socket, refused, abort, () => undefined);
}

async function inTime(
  socket: Promise<Socket>,
  failed: Promise<never>,
  abort: () => void,
  cancel: () => void,
): Promise<Socket> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new CrosspointError('sandbox_unreachable')), dialMs);
  });
  try {
    return await Promise.race([socket, failed, late]);
  } catch (cause) {
    cancel();
    throw cause;
  } finally {
    clearTimeout(timer);
    abort();
    failed.catch(() => undefined);
  }
}

function noTerminal(): CrosspointError {
  const remedy = 'It needs the program "script" of util-linux.';
  return new CrosspointError('unsupported_by_sandbox', { what: 'A terminal', remedy });
}
