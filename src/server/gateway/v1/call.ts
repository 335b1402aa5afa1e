import { CrosspointError } from '#protocol/errors.ts';
import type { ModelCost } from '#protocol/model.ts';
import type { UsageEntry } from '#protocol/usage.ts';
import { scanTopLevel, stringAt, valueAt, type TopLevel } from '../passthrough/top-level.ts';
import type { ClientCall } from '../clients/client-wire.ts';
import type { LedgerFacts } from '#server/store/ledger.types.ts';
import type { RequestContext } from '../types.ts';
import type { ActiveCall } from './active-calls.ts';
import type { ModelEndpoint } from './endpoints.ts';
import type { Exchange } from './exchange.ts';
import { readOptions } from './options.ts';
import type { KeptBytes } from './kept-bytes.ts';
import type { GatewayParts } from './parts.ts';
import type { Caller, CallOptions, Candidate } from './types.ts';

/** One call of a client for a model's answer. */
export interface Call extends ActiveCall {
  parts: GatewayParts;
  endpoint: ModelEndpoint;
  caller: Caller;
  options: CallOptions;
  top: TopLevel;
  /** As the client wrote it. */
  model: string;
  streams: boolean;
  choices: Choice[];
  context: RequestContext;
  /** Of the call, for the ledger; the endpoint is the attempt's. */
  facts: Omit<LedgerFacts, 'endpoint'>;
  /** Of all attempts so far. */
  usages: UsageEntry[];
  /** What it holds of limits and budgets; null where nothing is limited. */
  admitted: AdmittedCall | null;
  signal: AbortSignal;
  /** Takes what the client gets, where it may be kept for later. */
  keep: KeptBytes | null;
  /** The body in the form of the client's wire; read once, and only where it must be translated. */
  read(): ClientCall;
}

/** A call that was let in, and what it holds of limits and budgets. */
export interface AdmittedCall {
  /**
   * Before each attempt. A provider that is left has its limits free again at once.
   * @throws CrosspointError `rate_limited`: the provider's own limits have no room
   */
  moveTo(choice: Choice): Promise<void>;
  /** What the attempts really used, whatever came of them. */
  settle(): Promise<void>;
}

/** One way to serve a call. */
export interface Choice {
  candidate: Candidate;
  /** Fields of the body that are replaced for this one. */
  override: Record<string, unknown> | null;
  /** Instead of the target's own. */
  cost?: ModelCost;
  /** Whether the next choice is tried after this status. */
  movesOn(status: number): boolean;
}

/** @throws CrosspointError for what is no call */
export function readCall(
  exchange: Exchange,
  endpoint: ModelEndpoint,
  body: Buffer,
): Pick<Call, 'options' | 'top' | 'model' | 'streams'> {
  const options = readOptions(exchange.request.headers);
  exchange.requestId = options.requestId;
  exchange.headers.push(['Helicone-Id', options.requestId]);
  const top = scanTopLevel(body);
  options.endUser ??= endUserOf(top);
  const model = stringAt(top, 'model')?.trim();
  if (!model)
    throw new CrosspointError('bad_request', {
      detail:
        'The field "model" is missing. Name a preset, provider/model, a bare id, or a chain of them with commas.',
    });
  const stream = valueAt(top, 'stream') ?? false;
  if (typeof stream !== 'boolean')
    throw new CrosspointError('bad_request', { detail: 'The field "stream" is true or false.' });
  return { options, top, model, streams: stream && endpoint.kind === 'answer' };
}

/** Who the client's own user is, as the wires say it. */
function endUserOf(top: TopLevel): string | null {
  return (stringAt(top, 'user') ?? stringAt(top, 'safety_identifier'))?.slice(0, 500) ?? null;
}
