import { connect } from 'node:net';

/** Sends bytes as they are, and gives what came back until the server closed, or for so many milliseconds. */
export function exchangeBytes(origin: string, text: string | Buffer, waitMs = 1_500): Promise<string> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let answer = '';
    const timer = setTimeout(() => socket.destroy(), waitMs);
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(answer);
    });
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      // The server may close before it has read everything.
      if (cause.code !== 'ECONNRESET' && cause.code !== 'EPIPE') reject(cause);
    });
    socket.write(text);
  });
}

/** The statuses of all answers in what came back. */
export const statusesIn = (text: string) =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
