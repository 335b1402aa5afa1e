import type { Wire } from '#protocol/message.ts';
import { errorType, type ClientFailure } from '../clients/failure.ts';

/** The JSON text of an error, in the shape of the client's wire. */
export function errorBody(wire: Wire, failure: ClientFailure, requestId: string): string {
  const { status, message, code, param } = failure;
  const type = errorType(status);
  if (wire === 'anthropic-messages')
    return JSON.stringify({ type: 'error', error: { type, message }, request_id: requestId });
  return JSON.stringify({ error: { message, type, param, code } });
}

/** The last event of a stream that failed: what follows an ended answer does not come, so nobody takes it for whole. */
export function errorEvent(wire: Wire, failure: ClientFailure, requestId: string): string {
  const body = errorBody(wire, failure, requestId);
  if (wire === 'openai-chat') return `data: ${body}\n\n`;
  if (wire === 'anthropic-messages') return `event: error\ndata: ${body}\n\n`;
  const { code, message, param } = failure;
  const event = { type: 'error', code, message, param, sequence_number: 0, ...JSON.parse(body) };
  return `event: error\ndata: ${JSON.stringify(event)}\n\n`;
}
