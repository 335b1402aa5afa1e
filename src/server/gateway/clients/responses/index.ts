import { openAiErrorObject } from '../chat/form.ts';
import type { ClientWire } from '../client-wire.ts';
import { readResponses } from './read.ts';
import { ResponseStream } from './write-stream.ts';
import { ResponseWhole } from './write-whole.ts';

export const responsesClient: ClientWire = {
  wire: 'openai-responses',
  path: '/v1/responses',
  read: readResponses,
  writer: (call, head) => (call.stream ? new ResponseStream(call, head) : new ResponseWhole(call, head)),
  errorBody: (failure) => JSON.stringify(openAiErrorObject(failure)),
};
