import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { Wire } from '#protocol/message.ts';
import { startProviders, type ProviderOptions } from '#tests/upstreams/index.ts';
import { Crosspoint } from '#tests/support/crosspoint.ts';

export const wires: Wire[] = ['openai-chat', 'anthropic-messages', 'openai-responses'];

/** One row of the ledger, as another program that opens the file sees it. */
export interface Row {
  request_id: string;
  provider: string;
  model: string;
  status: string;
  error_code: string | null;
  attempt: number;
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cost_usd: number | null;
  estimated: number;
}

interface LiveOptions extends ProviderOptions {
  /** What stands in `gateway.json`. Default: a breaker that never opens, so that one fault does not hide the next. */
  gateway?: object;
}

const neverOpen = { breaker: { minRequests: 10_000, windowSeconds: 1 } };

/** The real server process in front of the emulators, as a program that was given its address sees it. */
export async function openLiveGateway(env: Record<string, string> = {}, options: LiveOptions = {}) {
  const providers = await startProviders(options);
  const dataDir = mkdtempSync(join(tmpdir(), 'crosspoint-live-'));
  writeFileSync(join(dataDir, 'gateway.json'), JSON.stringify(options.gateway ?? neverOpen));
  const settings = { ...providers.env(), ...env };
  const crosspoint = await Crosspoint.start(settings, dataDir).catch(async (cause: unknown) => {
    await providers.close();
    throw cause;
  });
  const token = crosspoint.headers.authorization.slice('Bearer '.length);
  const origin = crosspoint.origin.replace('localhost', '127.0.0.1');
  return {
    providers,
    crosspoint,
    token,
    origin,
    openai: (maxRetries = 0) => new OpenAI({ baseURL: `${origin}/v1`, apiKey: token, maxRetries }),
    anthropic: (maxRetries = 0) => new Anthropic({ baseURL: origin, apiKey: token, maxRetries }),
    post: (path: string, body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal) =>
      fetch(origin + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...(signal ? { signal } : {}),
      }),
    rows: (requestId?: string) => rowsIn(crosspoint.dataDir, requestId),
    async [Symbol.asyncDispose]() {
      await crosspoint.remove();
      await providers.close();
    },
  };
}

export type LiveGateway = Awaited<ReturnType<typeof openLiveGateway>>;

function rowsIn(dataDir: string, requestId?: string): Row[] {
  const database = new DatabaseSync(join(dataDir, 'crosspoint.db'), { readOnly: true });
  try {
    const where = requestId === undefined ? '' : 'where request_id = ?';
    const statement = database.prepare(`select * from ledger ${where} order by row`);
    return statement.all(...(requestId === undefined ? [] : [requestId])) as unknown as Row[];
  } finally {
    database.close();
  }
}

/** Waits for what is to come, far longer than it takes on a busy machine. @throws with `what` when it does not */
export async function eventually(what: string, holds: () => boolean): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 20) {
    if (holds()) return;
    await sleep(20);
  }
  throw new Error(`not within 60 s: ${what}`);
}

/** A small request in each wire, with these words. */
export function saying(wire: Wire, model: string, stream: boolean, content: string) {
  const messages = [{ role: 'user', content }];
  if (wire === 'openai-chat') return { path: '/v1/chat/completions', body: { model, stream, messages } };
  if (wire === 'openai-responses') return { path: '/v1/responses', body: { model, stream, input: messages } };
  return { path: '/v1/messages', body: { model, stream, max_tokens: 1_000, messages } };
}

/** What a stream ends with when it is whole. */
export const normalEnd = /\[DONE\]|"?message_stop|response\.completed|response\.incomplete/;
