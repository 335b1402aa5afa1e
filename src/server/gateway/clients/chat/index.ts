import type { ClientWire } from '../client-wire.ts';
import { openAiErrorObject } from './form.ts';
import { readChat } from './read.ts';
import { ChatStream } from './write-stream.ts';
import { ChatWhole } from './write-whole.ts';

export const chatClient: ClientWire = {
  wire: 'openai-chat',
  path: '/v1/chat/completions',
  read: readChat,
  writer: (call, head) => (call.stream ? new ChatStream(call, head) : new ChatWhole(call, head)),
  errorBody: (failure) => JSON.stringify(openAiErrorObject(failure)),
};
