import type { Wire } from '#protocol/message.ts';
import { chatClient } from './chat/index.ts';
import type { ClientWire } from './client-wire.ts';
import { messagesClient } from './messages/index.ts';
import { responsesClient } from './responses/index.ts';

export const clientWires: Record<Wire, ClientWire> = {
  'openai-chat': chatClient,
  'openai-responses': responsesClient,
  'anthropic-messages': messagesClient,
};
