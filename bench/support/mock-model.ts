import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/**
 * A model that answers at once, on the OpenAI chat wire: one trivial command for each step of a turn, then a sentence.
 * How many steps a turn has stands in the person's message: `steps=40`. It calls the command tool of whoever asks. With
 * `shape=talk` the command prints 10 kB and the answer has 2 kB, as in a real conversation.
 */
export interface MockModel {
  origin: string;
  /** Milliseconds on the monotonic clock at which each request with tools arrived, oldest first. */
  arrivals: number[];
  close(): Promise<void>;
}

export async function startMockModel(): Promise<MockModel> {
  const arrivals: number[] = [];
  const server = createServer((request, response) => void answer(request, response, arrivals));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    arrivals,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, arrivals: number[]): Promise<void> {
  const at = performance.now();
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (request.method !== 'POST') return void response.writeHead(404).end('{}');
  // Never parsed whole: the cost of a long conversation that is measured must not be this program's.
  const body = Buffer.concat(chunks).toString('latin1');
  const tool = /"name":"(run_terminal_command|bash)"/.exec(body)?.[1];
  if (tool) arrivals.push(at);
  const delta = deltaFor(body, tool);
  if (body.includes('"stream":true')) return sendStream(response, delta);
  const reason = 'tool_calls' in delta ? 'tool_calls' : 'stop';
  const message = { role: 'assistant', content: null, ...delta };
  const choices = [{ index: 0, message, finish_reason: reason }];
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ id: 'mock', object: 'chat.completion', model: 'instant', choices, usage }));
}

const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 };

function sendStream(response: ServerResponse, delta: object): void {
  const calls = 'tool_calls' in delta;
  const chunk = (choice: object) =>
    `data: ${JSON.stringify({ id: 'mock', object: 'chat.completion.chunk', created: 1, model: 'instant', choices: [choice] })}\n\n`;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(
    chunk({ index: 0, delta: { role: 'assistant', ...delta }, finish_reason: null }) +
      chunk({ index: 0, delta: {}, finish_reason: calls ? 'tool_calls' : 'stop' }) +
      `data: ${JSON.stringify({ id: 'mock', object: 'chat.completion.chunk', created: 1, model: 'instant', choices: [], usage })}\n\n` +
      'data: [DONE]\n\n',
  );
}

let callNumber = 0;

/** Text that never comes twice, so that nothing can be stored once for many. */
export function uniqueText(length: number): string {
  return randomBytes(length).toString('base64').replaceAll('A', ' ').slice(0, length);
}

/** Counts the calls since the person's last words, in the end of the body alone. */
function deltaFor(body: string, tool: string | undefined): object {
  const turn = body.slice(body.lastIndexOf('"role":"user"'));
  const steps = Number(/steps=(\d+)/.exec(turn)?.[1] ?? 0);
  const done = turn.split('"tool_calls":').length - 1;
  const talks = turn.includes('shape=talk');
  if (!tool || done >= steps) return { content: talks ? uniqueText(2_000) : 'Done: every step ran.' };
  const command = talks ? 'head -c 7500 /dev/urandom | base64 -w 100' : 'true';
  const args = { command, ...(tool === 'bash' ? { description: 'Does nothing' } : {}) };
  callNumber += 1;
  const call = { name: tool, arguments: JSON.stringify(args) };
  return { tool_calls: [{ index: 0, id: `call_${callNumber}`, type: 'function', function: call }] };
}
