import { randomUUID } from 'node:crypto';
import type { Emulator, Headers } from '../emulator.ts';
import { answerJson, type Exchange } from '../host.ts';
import type { Stage } from '../stage.ts';

/** How Helicone itself fails, before any provider is asked. */
export type HeliconeTrouble =
  | { status: number; headers?: Headers; body?: unknown }
  /** The connection is closed without an answer. */
  | 'reset'
  | 'hang';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * Helicone's host for one provider (Helicone worker, ProxyForwarder): takes every `helicone-*` header out and hands the
 * rest on. Stricter than the real one, which also forwards what has no valid `Helicone-Auth`, silently without a record.
 */
export async function serveProxy(
  stage: Stage,
  emulator: Emulator,
  exchange: Exchange,
  to: { heliconeKey: string; key: string; trouble: HeliconeTrouble | null },
): Promise<void> {
  const received = stage.note(exchange, 'helicone', 'helicone-proxy');
  if (to.trouble) return answerTrouble(exchange, to.trouble);
  if (exchange.headers['helicone-auth'] !== `Bearer ${to.heliconeKey}`) {
    received.refusal = 'Helicone-Auth is missing or wrong';
    exchange.extra = { 'helicone-error': 'true' };
    return answerJson(exchange, 401, {
      error: 'Invalid Helicone API key',
      'helicone-message': received.refusal,
    });
  }
  const given = exchange.headers['helicone-request-id'] ?? '';
  const extra: Headers = {
    'helicone-id': uuid.test(given) ? given : randomUUID(),
    'helicone-status': 'success',
  };
  if (exchange.headers['helicone-cache-enabled'] === 'true') extra['helicone-cache'] = 'MISS';
  const headers = Object.fromEntries(
    Object.entries(exchange.headers).filter(([name]) => !name.startsWith('helicone-')),
  );
  await stage.serve(emulator, { ...exchange, headers, extra }, to.key, [], 'helicone-proxy');
}

export function answerTrouble(exchange: Exchange, trouble: HeliconeTrouble): void {
  if (trouble === 'hang') return;
  if (trouble === 'reset') {
    exchange.response.socket?.resetAndDestroy();
    return;
  }
  exchange.extra = { 'helicone-error': 'true', ...trouble.headers };
  answerJson(
    exchange,
    trouble.status,
    trouble.body ?? { 'helicone-message': 'Helicone ran into an error', 'helicone-error': 'emulated' },
  );
}
