import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PublicGateway } from '#server/gateway/v1/serve.ts';
import { checkOrigin, type Origins } from './guard.ts';

/** The public gateway has its own way to say who is asked and what failed: keys, never cookies; the errors of its wires. */
export function answerGateway(
  gateway: PublicGateway,
  origins: Origins,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  return gateway.handle(request, response, path, () => checkOrigin(request, origins, false));
}
