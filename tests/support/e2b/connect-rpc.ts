import type { ServerResponse } from 'node:http';

/** Connect's own error, as a unary answer: the code is a word, the status follows from it. */
export class RpcError extends Error {
  readonly code: 'not_found' | 'invalid_argument' | 'internal';

  constructor(code: RpcError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

const statuses = { not_found: 404, invalid_argument: 400, internal: 500 };

export function sendError(answer: ServerResponse, cause: unknown): void {
  const error = cause instanceof RpcError ? cause : new RpcError('internal', String(cause));
  if (answer.headersSent) return void answer.destroy();
  const body = JSON.stringify({ code: error.code, message: error.message });
  answer.writeHead(statuses[error.code], { 'content-type': 'application/json' }).end(body);
}

/** Of a stream, each message is one byte of flags, four of length, and JSON. */
export function readFrame(body: Buffer): never {
  if (body.length < 5 || body[0] !== 0 || body.readUInt32BE(1) !== body.length - 5)
    throw new RpcError('invalid_argument', 'the request is not one frame');
  return JSON.parse(body.subarray(5).toString('utf8')) as never;
}

export function frame(message: object, last = false): Buffer {
  const json = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(5);
  head[0] = last ? 2 : 0;
  head.writeUInt32BE(json.length, 1);
  return Buffer.concat([head, json]);
}
