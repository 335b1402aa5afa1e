import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/**
 * A model that answers at once, on the OpenAI chat wire: one trivial command for each step of a turn, then a sentence.
 * How many steps a turn has stands in the person's message: `steps=40`. It calls the command tool of whoever asks.
 */
export interface MockModel {
  origin: string;
  /** Milliseconds on the monotonic clock at which each request with tools arrived, oldest first. */
  arrivals: number[];
  close(): Promise<void>;
}

interface ChatRequest {
  stream?: boolean;
  messages: { role: string; content: unknown; tool_calls?: unknown[] }[];
  tools?: { function: { name: string } }[];
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
  const body = JSON.parse(Buffer.concat(chunks).toString()) as ChatRequest;
  if (body.tools?.length) arrivals.push(at);
  const delta = deltaFor(body);
  if (body.stream) return sendStream(response, delta);
  const reason = 'tool_calls' in delta ? 'tool_calls' : 'stop';
  const message = { role: 'assistant', content: null, ...delta };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({
      id: 'mock',
      object: 'chat.completion',
      model: 'instant',
      choices: [{ index: 0, message, finish_reason: reason }],
      usage,
    }),
  );
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

function deltaFor({ messages, tools }: ChatRequest): object {
  const last = messages.findLastIndex(({ role }) => role === 'user');
  const steps = Number(/steps=(\d+)/.exec(JSON.stringify(messages[last]?.content ?? ''))?.[1] ?? 0);
  const done = messages.slice(last).filter(({ tool_calls: calls }) => calls?.length).length;
  const name = tools
    ?.map((tool) => tool.function.name)
    .find((tool) => /^(run_terminal_command|bash)$/.test(tool));
  if (!name || done >= steps) return { content: 'Done: every step ran.' };
  const args = { command: 'true', ...(name === 'bash' ? { description: 'Does nothing' } : {}) };
  callNumber += 1;
  return {
    tool_calls: [
      {
        index: 0,
        id: `call_${callNumber}`,
        type: 'function',
        function: { name, arguments: JSON.stringify(args) },
      },
    ],
  };
}
