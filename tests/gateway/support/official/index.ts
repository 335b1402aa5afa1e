import type { Wire } from '#protocol/message.ts';
import { chat } from './chat.ts';
import type { Conversation } from './common.ts';
import { messages } from './messages.ts';
import { responses } from './responses.ts';

export {
  anthropicClient,
  openAiClient,
  schema,
  type Asked,
  type Conversation,
  type Understood,
} from './common.ts';

export const conversations: Record<Wire, (origin: string, key?: string) => Conversation> = {
  'openai-chat': chat,
  'anthropic-messages': messages,
  'openai-responses': responses,
};
