import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface EmbeddingServerOptions {
  /** By name; others are unknown to the server. */
  dimensions?: Record<string, number>;
  /** Fields beside OpenAI's own that it takes, e.g. Voyage's `input_type`. */
  extraFields?: readonly string[];
  /** null: nobody is asked for a key. */
  key?: string | null;
  /** Instead of the sum of the words' directions. */
  vectorOf?: (text: string, size: number) => number[];
  mostInputs?: number;
  /** Characters of one input; longer ones are refused as too long for the model. */
  mostCharacters?: number;
  /** Instead of an answer, for the given request, counted from 1. */
  fault?: (count: number) => EmbeddingFault | undefined;
}

export type EmbeddingFault =
  { status: number; headers?: Record<string, string> } | 'hang' | 'cut' | 'short' | 'no-json' | 'reversed';

export interface EmbeddingRequest {
  path: string;
  headers: IncomingMessage['headers'];
  body: Record<string, unknown> & { model: string; input: string[] };
}

const openAiFields = ['model', 'input', 'encoding_format', 'dimensions', 'user'];

/**
 * `POST /v1/embeddings` as OpenAI, and by its example Ollama, vLLM and Voyage, answer it: what they refuse is refused.
 * The vectors are sums of one random direction for each word, so texts with common words are near each other.
 */
export async function startEmbeddingServer(options: EmbeddingServerOptions = {}) {
  const requests: EmbeddingRequest[] = [];
  const server = createServer((request, response) => void answer(request, response, options, requests));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    baseUrl: `${origin}/v1`,
    /** Those that were understood. */
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: EmbeddingServerOptions,
  requests: EmbeddingRequest[],
): Promise<void> {
  const body = await read(request);
  const key = options.key === undefined ? 'embedding-key' : options.key;
  if (key !== null && request.headers.authorization !== `Bearer ${key}`)
    return refuse(response, 401, 'Incorrect API key provided.');
  if (request.method !== 'POST' || request.url !== '/v1/embeddings')
    return refuse(response, 404, `Invalid URL (${request.method} ${request.url})`);
  const problem = problemOf(body, options);
  if (problem) return refuse(response, problem.status, problem.message);
  const asked = body as EmbeddingRequest['body'];
  requests.push({ path: request.url, headers: request.headers, body: asked });
  const fault = options.fault?.(requests.length);
  if (fault === 'hang') return;
  if (fault === 'cut')
    return void response.writeHead(200).write('{"object":"list","data":[', () => response.destroy());
  if (fault === 'no-json')
    return void response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":');
  if (typeof fault === 'object') return refuse(response, fault.status, 'injected', fault.headers);
  send(response, 200, answered(asked, options, fault));
}

function answered(
  { model, input }: EmbeddingRequest['body'],
  options: EmbeddingServerOptions,
  fault: 'short' | 'reversed' | undefined,
) {
  const size = dimensionsOf(options)[model] ?? 0;
  const { vectorOf = hashVector } = options;
  const data = input.map((text, index) => ({
    object: 'embedding',
    index,
    embedding: vectorOf(text, size),
  }));
  if (fault === 'short') data.pop();
  if (fault === 'reversed') data.reverse();
  const tokens = Math.ceil(input.join('').length / 4);
  return { object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } };
}

function problemOf(
  body: unknown,
  options: EmbeddingServerOptions,
): { status: number; message: string } | null {
  const { extraFields = [], mostInputs = 2_048, mostCharacters = 32_000 } = options;
  const bad = (message: string) => ({ status: 400, message });
  if (typeof body !== 'object' || body === null)
    return bad('We could not parse the JSON body of your request.');
  const { model, input } = body as Record<string, unknown>;
  const unknown = Object.keys(body).find((name) => ![...openAiFields, ...extraFields].includes(name));
  if (unknown) return bad(`Unrecognized request argument supplied: ${unknown}`);
  if (typeof model !== 'string' || !model) return bad('you must provide a model parameter');
  if (!(model in dimensionsOf(options)))
    return { status: 404, message: `The model \`${model}\` does not exist` };
  if (!Array.isArray(input) || !input.length) return bad("'$.input' is invalid.");
  if (input.length > mostInputs) return bad(`'$.input' is longer than ${mostInputs}`);
  for (const text of input as unknown[]) {
    if (typeof text !== 'string' || text === '') return bad("'$.input' is invalid.");
    if (text.length > mostCharacters) return bad("This model's maximum context length is exceeded.");
  }
  return null;
}

function dimensionsOf({ dimensions = { 'text-embedding-3-small': 64 } }: EmbeddingServerOptions) {
  return dimensions;
}

/** Of length 1, the same for the same text on every machine. */
export function hashVector(text: string, size: number): number[] {
  const sum = new Float64Array(size);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text]) {
    const bytes = createHash('shake256', { outputLength: size }).update(word).digest();
    for (let at = 0; at < size; at++) sum[at] = (sum[at] as number) + (bytes[at] as number) - 127.5;
  }
  const length = Math.hypot(...sum) || 1;
  return Array.from(sum, (value) => Number((value / length).toFixed(6)));
}

async function read(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return null;
  }
}

function refuse(
  response: ServerResponse,
  status: number,
  message: string,
  headers: Record<string, string> = {},
): void {
  const type = status === 429 ? 'rate_limit_error' : 'invalid_request_error';
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  send(response, status, { error: { message, type, param: null, code: null } });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
