import type { ClientWire } from '../client-wire.ts';
import { openAiErrorObject } from './form.ts';
import { readChat } from './read.ts';
import { ChatStream, ChatWhole } from './write.ts';

export const chatClient: ClientWire = {
  wire: 'openai-chat',
  path: '/v1/chat/completions',
  read: readChat,
  writer: ({ stream, includeUsage }, head) =>
    stream ? new ChatStream(head, includeUsage) : new ChatWhole(head),
  errorBody: (failure) => JSON.stringify(openAiErrorObject(failure)),
};
