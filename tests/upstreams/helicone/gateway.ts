import { randomUUID } from 'node:crypto';
import { messagesEndpoint } from '../anthropic.ts';
import type { Emulator, Endpoint, Reply } from '../emulator.ts';
import { answerJson, type Exchange } from '../host.ts';
import { fromHeliconeName } from '../models.ts';
import { refuse, type Json, type Refusal } from '../refusal.ts';
import type { ProviderName } from '../script.ts';
import { jsonBody, type Stage, type Writer } from '../stage.ts';
import { claudeWriter } from './claude-chat.ts';
import { answerTrouble, type HeliconeTrouble } from './proxy.ts';
import { toMessages } from './to-messages.ts';

export interface GatewayHost {
  heliconeKey: string;
  emulators: Record<ProviderName, Emulator>;
  trouble: HeliconeTrouble | null;
}

const paths: Record<string, Partial<Record<ProviderName, string>>> = {
  '/v1/chat/completions': {
    openai: '/v1/chat/completions',
    groq: '/openai/v1/chat/completions',
    anthropic: '/v1/messages',
  },
  '/v1/responses': { openai: '/v1/responses' },
};

/**
 * Helicone's unified gateway (worker, aiGatewayRouter and SimpleAIGateway): one host, Helicone's key, `model/provider`.
 * Claude is asked in chat completions and translated; errors of providers come in Helicone's own summary, a provider's
 * 400 as a 500. Providers' keys are those that are kept there.
 */
export async function serveGateway(stage: Stage, exchange: Exchange, host: GatewayHost): Promise<void> {
  const received = stage.note(exchange, 'helicone', 'helicone-gateway');
  if (host.trouble) return answerTrouble(exchange, host.trouble);
  let source = 'unknown';
  const errorBody = (refusal: Refusal) => gatewayError(refusal, source);
  try {
    const body = admitted(exchange, host.heliconeKey);
    const { emulator, model } = targetOf(body, exchange.path, host.emulators);
    source = `${model}/${emulator.name}/byok`;
    exchange.extra = {
      'helicone-id': randomUUID(),
      'helicone-gateway-mode': 'BYOK',
      'helicone-provider': emulator.name,
      'helicone-model': model,
    };
    const error = (refusal: Refusal) => errorBody(refusal);
    const [reply, writer] = await ask(stage, emulator, exchange, { ...body, model });
    // Its own summary of a provider's error names no request.
    if (reply.answer.fault?.kind === 'status') exchange.extra = {};
    await stage.send(exchange, reply, { ...writer, error });
  } catch (cause) {
    exchange.extra = {};
    const { status, body } = errorBody(stage.refused(received, cause));
    answerJson(exchange, status, body);
  }
}

function admitted(exchange: Exchange, key: string): Json {
  if (exchange.headers.authorization !== `Bearer ${key}`)
    refuse('Authentication failed', { status: 401, type: 'invalid_key' });
  if (!paths[exchange.path]) refuse('Method not allowed', { status: 405 });
  return jsonBody(exchange);
}

/** `model/provider`; what is before the slash is Helicone's name of the model. */
function targetOf(
  body: Json,
  path: string,
  emulators: GatewayHost['emulators'],
): { emulator: Emulator; model: string } {
  const [name = '', provider = '', ...more] = String(body.model).split('/');
  const emulator = more.length ? undefined : emulators[provider as ProviderName];
  if (!emulator || !paths[path]?.[emulator.name])
    refuse(`No available providers for model ${String(body.model)}`, { type: 'disallowed' });
  return { emulator, model: fromHeliconeName(name) };
}

type Asking = [Reply, Omit<Writer, 'error'>];

async function ask(stage: Stage, emulator: Emulator, exchange: Exchange, body: Json): Promise<Asking> {
  const path = paths[exchange.path]?.[emulator.name] ?? '';
  if (emulator.name === 'anthropic') {
    const translated = toMessages(body);
    const reply = await stage.reply(
      emulator,
      messagesEndpoint,
      translated,
      exchange.bodyText,
      'helicone-gateway',
    );
    return [reply, claudeWriter];
  }
  const { reasoning_options: _options, ...rest } = body;
  // Usage is always asked for in streams.
  const options =
    rest.stream === true && path.endsWith('completions') ? { stream_options: { include_usage: true } } : {};
  const endpoint = emulator.endpoints[path] as Endpoint;
  const reply = await stage.reply(
    emulator,
    endpoint,
    { ...rest, ...options },
    exchange.bodyText,
    'helicone-gateway',
  );
  return [reply, endpoint];
}

function gatewayError({ status, message, type }: Refusal, source: string): { status: number; body: object } {
  const own = type === 'disallowed' || type === 'invalid_key';
  const shown = own || [401, 403, 429].includes(status) ? status : 500;
  const code = status === 429 ? 'rate_limited' : 'request_failed';
  const details = [{ source, type: own ? type : 'request_failed', message, statusCode: status }];
  return { status: shown, body: { success: false, error: { code, message, details, param: null } } };
}
