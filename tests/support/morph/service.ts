import { answerJson, Host, type Exchange } from '#tests/upstreams/host.ts';

/** What Morph was asked to merge. */
export interface AskedMerge {
  model: string;
  instruction: string;
  code: string;
  update: string;
}

/** A whole answer, or what goes wrong with it. */
export type MergeReply =
  | { text: string; reason?: string; usage?: false }
  | { status: number; body?: unknown; headers?: Record<string, string>; html?: string }
  /** Closes the connection after half of the answer. */
  | { cut: string }
  /** Never answers. */
  | { hang: true }
  /** Answers with a body that is no completion. */
  | { raw: string };

const models = ['morph-v3-fast', 'morph-v3-large', 'auto'];
const message =
  /^<instruction>([\s\S]*?)<\/instruction>\n<code>([\s\S]*)<\/code>\n<update>([\s\S]*)<\/update>$/;

/**
 * A stand-in for Morph's API on loopback, as strict as what is known of it: one user message, its content one text with the
 * three tags, one of its models. Content parts are a 500, as they are there.
 */
export class MorphService {
  readonly key = 'morph-key-of-the-test-0123456789';
  readonly asked: AskedMerge[] = [];
  /** What was refused, and why. */
  readonly refused: string[] = [];
  reply: (asked: AskedMerge, count: number) => MergeReply;
  readonly #host = new Host((exchange) => this.#handle(exchange));

  constructor(reply: (asked: AskedMerge, count: number) => MergeReply) {
    this.reply = reply;
  }

  get baseUrl(): string {
    return `${this.#host.origin}/v1`;
  }

  async start(): Promise<this> {
    await this.#host.start();
    return this;
  }

  stop(): Promise<void> {
    return this.#host.stop();
  }

  async #handle(exchange: Exchange): Promise<void> {
    if (exchange.method === 'GET' && exchange.path === '/v1/models' && this.#hasKey(exchange))
      return answerJson(exchange, 200, {
        object: 'list',
        data: models.map((id) => ({ id, object: 'model' })),
      });
    const refusal = this.#refusalOf(exchange);
    if (refusal) {
      this.refused.push(refusal.error);
      return answerJson(exchange, refusal.status, {
        error: { message: refusal.error, type: 'invalid_request_error' },
      });
    }
    const { model, messages } = JSON.parse(exchange.bodyText) as {
      model: string;
      messages: { content: string }[];
    };
    const [, instruction = '', code = '', update = ''] = message.exec(messages[0]?.content ?? '') ?? [];
    const asked = { model, instruction, code, update };
    this.asked.push(asked);
    give(exchange, model, this.reply(asked, this.asked.length));
  }

  #hasKey({ headers }: Exchange): boolean {
    return headers.authorization === `Bearer ${this.key}`;
  }

  #refusalOf(exchange: Exchange): { status: number; error: string } | null {
    const { method, path, bodyText } = exchange;
    if (!this.#hasKey(exchange)) return { status: 401, error: 'Invalid API key' };
    if (method !== 'POST' || path !== '/v1/chat/completions')
      return { status: 404, error: `no ${method} ${path}` };
    const body = JSON.parse(bodyText) as Record<string, unknown>;
    if (!models.includes(String(body.model)))
      return { status: 404, error: `model ${String(body.model)} not found` };
    const { messages, stream, tools } = body as {
      messages?: { role: string; content: unknown }[];
      stream?: unknown;
      tools?: unknown;
    };
    if (stream !== undefined && typeof stream !== 'boolean')
      return { status: 422, error: 'stream must be a boolean' };
    if (tools !== undefined) return { status: 400, error: 'tools are not supported' };
    const [first, ...others] = messages ?? [];
    if (first?.role !== 'user' || others.length)
      return { status: 400, error: 'exactly one user message is needed' };
    if (typeof first.content !== 'string') return { status: 500, error: 'Internal Server Error' };
    return message.test(first.content)
      ? null
      : { status: 400, error: 'instruction, code and update are needed' };
  }
}

function give(exchange: Exchange, model: string, reply: MergeReply): void {
  const { response } = exchange;
  if ('hang' in reply) return;
  if ('cut' in reply) {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100000' });
    response.write(
      `{"id":"chatcmpl-1","choices":[{"index":0,"message":{"role":"assistant","content":${JSON.stringify(reply.cut).slice(0, -1)}`,
      () => response.destroy(),
    );
    return;
  }
  if ('raw' in reply) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(reply.raw);
    return;
  }
  if ('status' in reply) {
    if (reply.html === undefined) {
      exchange.extra = reply.headers ?? {};
      answerJson(exchange, reply.status, reply.body ?? { error: { message: 'no', type: 'error' } });
    } else
      response.writeHead(reply.status, { 'content-type': 'text/html', ...reply.headers }).end(reply.html);
    return;
  }
  const { text, reason = 'stop' } = reply;
  const usage = { prompt_tokens: 1_000, completion_tokens: 500, total_tokens: 1_500 };
  answerJson(exchange, 200, {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_764_000_000,
    model,
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: reason }],
    ...(reply.usage === false ? {} : { usage }),
  });
}
