import { Issued, type CheckContext, type Emulator, type Endpoint, type Reply } from './emulator.ts';
import { deliverWhole } from './deliver-whole.ts';
import { answerFault, deliver, type Chunking } from './delivery.ts';
import { answerJson, type Exchange } from './host.ts';
import { traitsOf } from './models.ts';
import { isObject, refuse, Refusal, type Json } from './refusal.ts';
import { greeting, type Fault, type ProviderName, type Script, type Via } from './script.ts';
import { refuseHalfPairs } from './whole-pairs.ts';
import { checkWindow, type Windows } from './windows.ts';

/** A request as it arrived, also one that was refused. */
export interface Received {
  provider: ProviderName | 'helicone';
  via: Via;
  method: string;
  path: string;
  headers: Record<string, string>;
  bodyText: string;
  /** Parsed; {} when it is not a JSON object. */
  body: Json;
  /** Why it was refused. */
  refusal?: string;
  /** The other side went away before the answer was whole. */
  abandoned: boolean;
}

/** How an answer and an error are written; Helicone's gateway does it in its own way. */
export type Writer = Pick<Endpoint, 'frames' | 'whole' | 'errorFrame' | 'textFrame'> & {
  error(refusal: Refusal): { status: number; body: unknown };
};

/** What a set of emulators shares: the script, what came in, what was refused, what was given out. */
export class Stage {
  script: Script = greeting;
  readonly received: Received[] = [];
  /** Errors thrown by the script. */
  readonly mistakes: unknown[] = [];
  readonly issued = new Issued();
  readonly windows: Windows = new Map();
  readonly #chunking: Chunking;
  #accepted = 0;

  constructor(chunking: Chunking) {
    this.#chunking = chunking;
  }

  note(exchange: Exchange, provider: Received['provider'], via: Via): Received {
    const { method, path, headers, bodyText, response } = exchange;
    const noted: Received = {
      provider,
      via,
      method,
      path,
      headers,
      bodyText,
      body: parsed(bodyText),
      abandoned: false,
    };
    this.received.push(noted);
    response.once('close', () => (noted.abandoned = !response.writableFinished));
    return noted;
  }

  /** Checks a body as the provider does, and asks the script. @throws Refusal */
  async reply(
    emulator: Emulator,
    endpoint: Endpoint,
    body: Json,
    bodyText: string,
    via: Via,
    key = '',
  ): Promise<Reply> {
    const model = String(body.model);
    const traits = traitsOf(emulator.name, model);
    if (!traits.exists || typeof body.model !== 'string') throw emulator.unknownModel(model);
    if (body.stream !== undefined && typeof body.stream !== 'boolean')
      refuse("Invalid type for 'stream': expected a boolean.", { param: 'stream' });
    const context: CheckContext = { provider: emulator.name, model, traits, issued: this.issued, via, key };
    endpoint.check(body, context);
    checkWindow(emulator.name, model, bodyText, this.windows);
    const { name: provider } = emulator;
    const number = ++this.#accepted;
    const stream = body.stream === true;
    const asked = { provider, wire: endpoint.wire, via, model, number, stream, body, ...endpoint.view(body) };
    return { asked, answer: await this.script(asked), traits, bodyText, issued: this.issued, key };
  }

  async send(exchange: Exchange, reply: Reply, writer: Writer): Promise<void> {
    const { response, extra } = exchange;
    const { answer, asked } = reply;
    for (const [name, value] of Object.entries(extra)) response.setHeader(name, value);
    if (await answerFault(response, answer.fault, (fault) => writer.error(refusalOf(fault)))) return;
    const errorBody = (status: number, message: string) =>
      writer.error(refusalOf({ kind: 'status', status, message })).body;
    if (!asked.stream) {
      const whole = { body: writer.whole(reply), answer, chunking: this.#chunking, errorBody };
      return await deliverWhole(response, whole);
    }
    await deliver(response, {
      frames: writer.frames(reply),
      answer,
      chunking: this.#chunking,
      errorFrame: writer.errorFrame,
      textFrame: writer.textFrame,
    });
  }

  /** One request at the provider itself, directly or after Helicone's proxy has taken its own headers out. */
  async serve(
    emulator: Emulator,
    exchange: Exchange,
    key: string | null,
    models: readonly string[],
    via: Via,
  ): Promise<void> {
    const received = this.note(exchange, emulator.name, via);
    const document = emulator.documents?.(models, this.windows)[exchange.path];
    if (exchange.method === 'GET' && document) return answerJson(exchange, 200, document);
    try {
      const endpoint = admitted(emulator, exchange, key);
      const body = jsonBody(exchange);
      const reply = await this.reply(
        emulator,
        endpoint,
        body,
        exchange.bodyText,
        via,
        emulator.keyOf(exchange.headers) ?? '',
      );
      const error = (refusal: Refusal) => ({ status: refusal.status, body: emulator.errorBody(refusal) });
      await this.send(exchange, reply, { ...endpoint, error });
    } catch (cause) {
      const refusal = this.refused(received, cause);
      answerJson(exchange, refusal.status, emulator.errorBody(refusal));
    }
  }

  /** Notes why; what is not a refusal is a mistake of the script. */
  refused(received: Received, cause: unknown): Refusal {
    if (!(cause instanceof Refusal)) this.mistakes.push(cause);
    const refusal =
      cause instanceof Refusal ? cause : new Refusal(String(cause), { status: 500, type: 'server_error' });
    received.refusal = refusal.message;
    return refusal;
  }
}

function admitted(emulator: Emulator, { method, path, headers }: Exchange, key: string | null): Endpoint {
  const leak = Object.keys(headers).find((name) => name.startsWith('helicone-'));
  if (leak) refuse(`the header ${leak} is Helicone's and must never reach a provider`);
  const endpoint = emulator.endpoints[path];
  if (!endpoint) refuse(`Unknown request URL: ${method} ${path}.`, { status: 404, code: 'unknown_url' });
  if (method !== 'POST') refuse(`Method ${method} not allowed.`, { status: 405 });
  const given = emulator.keyOf(headers);
  // An account may have more keys: the same with a suffix.
  if (key !== null && given !== key && !given?.startsWith(`${key}-`)) throw emulator.badKey(given);
  emulator.checkHeaders?.(headers);
  return endpoint;
}

export function jsonBody({ headers, bodyText }: Exchange): Json {
  if (!headers['content-type']?.startsWith('application/json'))
    refuse('you must provide a model parameter: the content type is not application/json', { status: 415 });
  const body = parsed(bodyText);
  if (!Object.keys(body).length) refuse('We could not parse the JSON body of your request.');
  if (typeof body.model !== 'string') refuse('you must provide a model parameter', { param: 'model' });
  refuseHalfPairs(body);
  return body;
}

function parsed(text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch (cause) {
    if (cause instanceof SyntaxError) return {};
    throw cause;
  }
}

const usual: Record<number, { message: string; type: string; code?: string }> = {
  400: { message: 'Bad request', type: 'invalid_request_error' },
  401: { message: 'Incorrect API key provided', type: 'invalid_request_error', code: 'invalid_api_key' },
  403: { message: 'Your account does not have access to this model', type: 'permission_error' },
  404: { message: 'The model does not exist', type: 'not_found_error', code: 'model_not_found' },
  429: { message: 'Rate limit reached for requests', type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  529: { message: 'Overloaded', type: 'overloaded_error' },
};

export function refusalOf({
  status,
  message,
  type,
  code,
  param,
}: Extract<Fault, { kind: 'status' }>): Refusal {
  const known = usual[status] ?? {
    message: 'The server had an error while processing your request',
    type: 'server_error',
  };
  const named = code ?? known.code;
  return new Refusal(message ?? known.message, {
    status,
    type: type ?? known.type,
    ...(named ? { code: named } : {}),
    ...(param ? { param } : {}),
  });
}
