import type { Wire } from '#protocol/message.ts';
import type { ClientFailure } from '../clients/failure.ts';
import { clientWires } from '../clients/index.ts';

/** The JSON text of an error, in the shape of the client's wire. */
export function errorBody(wire: Wire, failure: ClientFailure, requestId: string): string {
  return clientWires[wire].errorBody(failure, requestId);
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
