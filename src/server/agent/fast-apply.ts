import { CrosspointError } from '#protocol/errors.ts';
import type { NewEvent } from '#protocol/events.ts';
import type { Config } from '#server/config.ts';
import { newSyntaxError } from '#server/edit/gate.ts';
import { mergeUpdate, type MergeAnswer, type MergeOrder } from '#server/edit/morph/merge-update.ts';
import type { MorphModel } from '#server/edit/morph/models.ts';
import { createGateway } from '#server/gateway/gateway.ts';
import type { GatewayOptions } from '#server/gateway/gateway-options.ts';
import { withLimits } from '#server/gateway/limits/limited-gateway.ts';
import type { Connection, Gateway, ModelRequest, ModelStreamEvent } from '#server/gateway/types.ts';
import type { Admissions } from '#server/gateway/v1/types.ts';
import type { PreviewContext } from './tools/tool.ts';

type Call = Pick<PreviewContext, 'call' | 'signal' | 'tell'>;

/** Merges lazy edits by a model that does nothing else. */
export interface FastApply {
  /** @throws {MergeRefusal} */
  merge(order: MergeOrder, call: Call): Promise<string>;
  close(): Promise<void>;
}

type FastApplyParts = Pick<GatewayOptions, 'ledger' | 'logger' | 'clock'> & { admissions: Admissions };

/** Milliseconds, before scaling: a person waits for the proposal, and these models write a large file in seconds. */
const usualDeadline = 120_000;

/** null without a key. A gateway of its own, so that nobody can ask Morph for anything else. */
export function openFastApply(
  { morph, deadlineScale }: Pick<Config, 'morph' | 'deadlineScale'>,
  { admissions, ...parts }: FastApplyParts,
): FastApply | null {
  const connection = morphConnection(morph);
  if (!connection) return null;
  const connections = new Map([[connection.provider, connection]]);
  const direct = createGateway({ connections, helicone: noHelicone, deadlineScale, ...parts });
  const gateway = withLimits(direct, admissions);
  const deadline = usualDeadline * deadlineScale;
  return {
    merge: (order, call) =>
      mergeUpdate(order, {
        ask: (model, message) => ask(gateway, requestFor(model, message, call), call, deadline),
        newSyntaxError,
      }),
    close: () => gateway.close(),
  };
}

export function morphConnection({ key, baseUrl }: Config['morph']): Connection | null {
  if (key === null) return null;
  return {
    provider: 'morph',
    label: 'Morph',
    baseUrl,
    apiKey: key,
    apiKeyVariable: 'MORPH_API_KEY',
    auth: 'bearer',
    headers: {},
    dialect: { stringContentOnly: true },
  };
}

const noHelicone: Config['helicone'] = {
  key: null,
  mode: 'proxy',
  urls: { openai: '', anthropic: '', groq: '', openrouter: '', gateway: '' },
  bypass: true,
};

function requestFor(model: MorphModel, message: string, { call }: Call): ModelRequest {
  const { id, cost, contextWindow, maxOutput } = model;
  const { userId, threadId, runId } = call;
  const capabilities = { tools: false, images: false, reasoning: false, temperature: false };
  return {
    target: {
      provider: 'morph',
      model: id,
      wire: 'openai-chat',
      cost,
      contextWindow,
      maxOutput,
      capabilities,
    },
    system: '',
    messages: [{ role: 'user', parts: [{ type: 'text', text: message.toWellFormed() }] }],
    tools: [],
    // As a whole, with its reason to end and its usage: a stream of it that broke off would look like a file.
    settings: { stream: false },
    context: { userId, threadId, runId, properties: { Purpose: 'merge' } },
  };
}

/** @throws CrosspointError, and an `AbortError` after the call's own signal */
async function ask(
  gateway: Gateway,
  request: ModelRequest,
  { signal, tell }: Call,
  deadline: number,
): Promise<MergeAnswer> {
  const late = AbortSignal.timeout(deadline);
  try {
    for await (const event of gateway.stream(request, AbortSignal.any([signal, late]))) {
      if (event.type === 'finished')
        return {
          text: event.parts.map((part) => (part.type === 'text' ? part.text : '')).join(''),
          isComplete: event.reason === 'stop',
        };
      const told = toldOf(event, request.target.model);
      if (told) await tell([told]);
    }
  } catch (cause) {
    if (late.aborted && !signal.aborted)
      throw new CrosspointError('provider_timeout', { provider: 'Morph', phase: 'whole answer' });
    throw cause;
  }
  throw new CrosspointError('provider_stream_cut', { provider: 'Morph' });
}

function toldOf(event: ModelStreamEvent, model: string): NewEvent | null {
  if (event.type === 'retrying') {
    const { attempt, afterMs, reason } = event;
    return { type: 'retrying', data: { attempt, afterMs, reason, model: `morph/${model}` } };
  }
  if (event.type === 'notice') return { type: 'notice', data: { code: event.code, message: event.message } };
  return null;
}
