import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { CrosspointError } from '#protocol/errors.ts';
import type { Wire } from '#protocol/message.ts';
import { deadlines } from '../limits/deadlines.ts';
import { PassingRoutes } from '../passthrough/plan.ts';
import { HeliconeHealth } from '../routing/helicone-health.ts';
import { KeptReasoning } from '../clients/kept-reasoning.ts';
import { UnstreamedModels } from '../routing/unstreamed.ts';
import { WrittenMessages } from '../wires/written-messages.ts';
import { Transport } from '../upstreams/transport.ts';
import { ActiveCalls } from './active-calls.ts';
import { modelEndpoints } from './endpoints.ts';
import { Exchange } from './exchange.ts';
import { answerModels } from './model-list.ts';
import type { GatewayParts, PublicGatewayOptions } from './parts.ts';
import { serveCall } from './serve-call.ts';
import { TurnEnd } from './turn-end.ts';
import type { Caller, KeyDesk } from './types.ts';

/** The gateway as other programs see it. */
export interface PublicGateway {
  /** Answers one request below `/v1`, whatever happens. @param check throws what is wrong with it before anybody is asked */
  handle(request: IncomingMessage, response: ServerResponse, path: string, check: () => void): Promise<void>;
  close(): Promise<void>;
}

export function createPublicGateway(options: PublicGatewayOptions): PublicGateway {
  const limits = deadlines(options.deadlineScale);
  const parts: GatewayParts = {
    clock: { now: () => Date.now(), sleep: (ms, signal) => sleep(ms, undefined, { signal }) },
    random: Math.random,
    observer: { began: () => undefined, ended: () => undefined },
    ...options,
    deadlines: limits,
    active: new ActiveCalls(),
    turn: new TurnEnd(),
    transport: new Transport(limits.connect),
    routes: new PassingRoutes(options.helicone),
    health: new HeliconeHealth(options.deadlineScale),
    written: new WrittenMessages(),
    unstreamed: new UnstreamedModels(),
    kept: new KeptReasoning(),
  };
  return {
    handle: (request, response, path, check) =>
      handle(parts, new Exchange(request, response, path, wireOf(request, path)), check),
    close: () => close(parts),
  };
}

/** What is still on its way is settled as it is; nothing is asked any more. */
async function close({ active, transport }: GatewayParts): Promise<void> {
  const ending = new Error('the gateway ends');
  for (const call of active.all()) {
    call.exchange.left = true;
    call.running?.stop(ending, true);
    call.exchange.response.destroy();
  }
  await transport.close();
}

/** In which shape this address, or this client, wants its errors. */
function wireOf({ headers }: IncomingMessage, path: string): Wire {
  const known = modelEndpoints.find(
    (endpoint) => path === endpoint.path || path.startsWith(`${endpoint.path}/`),
  );
  if (known) return known.wire;
  return headers['anthropic-version'] === undefined ? 'openai-chat' : 'anthropic-messages';
}

async function handle(parts: GatewayParts, exchange: Exchange, check: () => void): Promise<void> {
  try {
    check();
    const known = identify(parts, exchange.request.headers);
    const caller = known instanceof Promise ? await known : known;
    if (!caller) throw new CrosspointError('bad_key');
    exchange.noted = { key: caller.keyId ?? caller.keyName };
    await route(parts, exchange, caller);
  } catch (cause) {
    // Who left while it waited for its turn is no failure of ours.
    if (!exchange.left) exchange.fail(known(parts, exchange, cause), retryAfterOf(cause));
  }
  log(parts, exchange);
  const { path, response, startedAt, requestId, noted } = exchange;
  const code = typeof noted.code === 'string' ? noted.code : null;
  const ms = performance.now() - startedAt;
  parts.observer.ended({ path, status: response.statusCode, code, ms, requestId });
}

function route(parts: GatewayParts, exchange: Exchange, caller: Caller): Promise<void> | void {
  const { path, request } = exchange;
  const endpoint = modelEndpoints.find((each) => each.path === path);
  if (endpoint) {
    assertMethod(exchange, 'POST');
    return serveCall(parts, exchange, endpoint, caller);
  }
  if (path === '/v1/models' || path.startsWith('/v1/models/')) {
    assertMethod(exchange, 'GET');
    return answerModels(parts, exchange, caller);
  }
  request.resume();
  throw new CrosspointError('not_found', { what: 'address' });
}

function assertMethod(exchange: Exchange, allowed: 'GET' | 'POST'): void {
  const { method } = exchange.request;
  if (method === allowed || (method === 'HEAD' && allowed === 'GET')) return;
  exchange.headers.push(['allow', allowed === 'GET' ? 'GET, HEAD' : allowed]);
  throw new CrosspointError('method_not_allowed', { method: String(method) });
}

/** Keys only: a cookie is sent by a browser whoever asks for it. */
function identify({ keys }: GatewayParts, headers: IncomingHttpHeaders): ReturnType<KeyDesk['identify']> {
  const secret = secretOf(headers);
  return secret === undefined ? null : keys.identify(secret);
}

/** Programs that were written for Helicone send its key beside the provider's: then that one is ours. */
function secretOf(headers: IncomingHttpHeaders): string | undefined {
  const { 'helicone-auth': helicone, authorization, 'x-api-key': key } = headers;
  const bearer = typeof helicone === 'string' ? helicone : authorization;
  if (bearer !== undefined) return /^Bearer (\S+)$/i.exec(bearer)?.[1];
  return typeof key === 'string' ? key : undefined;
}

/** Nothing of an error that nobody expected reaches the client. */
function known({ logger }: GatewayParts, { requestId, path }: Exchange, cause: unknown): CrosspointError {
  if (cause instanceof CrosspointError) return cause;
  const reference = requestId || randomUUID();
  logger.error({ reference, path, err: cause }, 'an error that nobody expected');
  return new CrosspointError('internal', { reference });
}

function retryAfterOf(cause: unknown): number | undefined {
  const ms = cause instanceof CrosspointError ? Number(cause.values.retryAfterMs) : Number.NaN;
  return Number.isFinite(ms) ? ms : undefined;
}

/** Facts about a request, never a body and never a key. */
function log(
  { logger }: GatewayParts,
  { request, response, path, startedAt, requestId, noted }: Exchange,
): void {
  const ms = Math.round(performance.now() - startedAt);
  const facts = { method: request.method, path, status: response.statusCode, ms, requestId };
  logger.info({ ...facts, ...noted }, 'v1');
}
