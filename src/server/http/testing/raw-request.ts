import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

export interface RawAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  /** Of an error's body. */
  code?: string;
}

/** A request whose every header is chosen: `fetch` neither lets `Host` be changed nor `Origin`. */
export async function rawRequest(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
): Promise<RawAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const outgoing = request({
    host: '127.0.0.1',
    port,
    method,
    path,
    setHost: false,
    agent: false,
    headers: { host: `localhost:${port}`, ...headers },
  });
  outgoing.on('error', reject);
  outgoing.on('response', (response) => {
    text(response).then((body) => {
      const { code } = body.startsWith('{') ? (JSON.parse(body) as { code?: string }) : {};
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        body,
        ...(code ? { code } : {}),
      });
    }, reject);
  });
  outgoing.end(body);
  return promise;
}

/** Bytes as they are, to see what the server makes of what is no proper request. Resolves with all it answered. */
export function rawBytes(port: number, bytes: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
  socket.on('close', () => resolve(answer));
  socket.on('error', reject);
  return promise;
}
