import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A provider in a process of its own, as cheap as one can be: bytes that were made before, in the form that the model's name
 * asks for. `mock`: one answer of 1.1 kB, or a stream at once; `mock-g5-n200`: a stream of 200 pieces, one each 5 ms.
 */
const usage = { prompt_tokens: 100, completion_tokens: 200, total_tokens: 300 };
const head = { id: 'chatcmpl-mock', object: 'chat.completion.chunk', created: 1_764_000_000, model: 'mock' };

const whole = Buffer.from(
  JSON.stringify({
    ...head,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'The answer is longer than one word. '.repeat(22) },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage,
  }),
);

const event = (choices: object[], more: object = {}) =>
  `data: ${JSON.stringify({ ...head, system_fingerprint: 'fp_mock', choices, ...more })}\n\n`;
const piece = (delta: object, finish: string | null = null) =>
  event([{ index: 0, delta, logprobs: null, finish_reason: finish }], { usage: null });
const first = Buffer.from(piece({ role: 'assistant', content: '', refusal: null }));
const token = Buffer.from(piece({ content: ' token and more' }));
const last = Buffer.from(piece({}, 'stop') + event([], { usage }) + 'data: [DONE]\n\n');
const vectors = Buffer.from(
  JSON.stringify({
    object: 'list',
    data: [{ object: 'embedding', index: 0, embedding: Array.from({ length: 256 }, (_, at) => at / 256) }],
    model: 'mock',
    usage: { prompt_tokens: 8, total_tokens: 8 },
  }),
);

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    // The fields stand before the messages: a large body is not searched.
    const start = body.toString('latin1', 0, 300) + body.toString('latin1', Math.max(300, body.length - 300));
    if (request.url?.endsWith('/embeddings')) return sendWhole(response, vectors);
    if (!start.includes('"stream":true')) return sendWhole(response, whole);
    const [, gap = '0', count = '200'] = /"mock-g(\d+)-n(\d+)"/.exec(start) ?? [];
    sendStream(response, Number(gap), Number(count));
  });
});

function sendWhole(response: ServerResponse, bytes: Buffer): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
  response.end(bytes);
}

function sendStream(response: ServerResponse, gapMs: number, count: number): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(first);
  if (gapMs === 0) {
    for (let sent = 0; sent < count; sent += 1) response.write(token);
    return void response.end(last);
  }
  let left = count;
  response.write(token);
  const timer = setInterval(() => {
    left -= 1;
    if (left > 0) return void response.write(token);
    clearInterval(timer);
    response.end(last);
  }, gapMs);
  response.once('close', () => clearInterval(timer));
}

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  console.log(`ready ${(server.address() as AddressInfo).port}`);
});
