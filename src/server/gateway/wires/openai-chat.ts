import { chatReasoning } from './chat-reasoning.ts';
import { OpenAiChatReader } from './openai-chat-read.ts';
import { writeOpenAiChat } from './openai-chat-write.ts';
import type { WireCodec } from './wire.ts';

/** `POST /chat/completions`: OpenAI, Groq, OpenRouter, and every compatible server. */
export const openAiChat: WireCodec = {
  path: '/chat/completions',
  headers: {},
  write(request, dialect, written) {
    const reasoning = chatReasoning(request.target, dialect);
    return writeOpenAiChat(request, dialect, { reasoning, scope: 'chat' }, written);
  },
  reader: (target, dialect) => new OpenAiChatReader(target, dialect, chatReasoning(target, dialect)),
};
