import type { IncomingMessage, ServerResponse } from 'node:http';

export function headerLines({ rawHeaders }: IncomingMessage): string {
  let lines = '';
  for (let at = 0; at < rawHeaders.length; at += 2) lines += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
  return lines;
}

export function send(answer: ServerResponse, status: number, body?: object): void {
  answer.writeHead(status, { 'content-type': 'application/json' });
  answer.end(body === undefined ? undefined : JSON.stringify(body));
}

export function fail(answer: ServerResponse, statusCode: number, message: string): void {
  send(answer, statusCode, { statusCode, message, error: message });
}
