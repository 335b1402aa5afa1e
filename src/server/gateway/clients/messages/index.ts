import type { ClientWire } from '../client-wire.ts';
import { messagesError } from './form.ts';
import { readMessagesCall } from './read.ts';
import { MessageStream } from './write-stream.ts';
import { MessageWhole } from './write-whole.ts';

export const messagesClient: ClientWire = {
  wire: 'anthropic-messages',
  path: '/v1/messages',
  read: readMessagesCall,
  writer: ({ stream }, head) => (stream ? new MessageStream(head) : new MessageWhole(head)),
  errorBody: (failure, requestId) => JSON.stringify(messagesError(failure, requestId)),
};
