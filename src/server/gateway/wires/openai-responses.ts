import { OpenAiResponsesReader } from './openai-responses-read.ts';
import { writeOpenAiResponses } from './openai-responses-write.ts';
import type { WireCodec } from './wire.ts';

/** `POST /responses`: OpenAI's reasoning models, without storage at OpenAI. */
export const openAiResponses: WireCodec = {
  path: '/responses',
  headers: {},
  write: writeOpenAiResponses,
  reader: (target) => new OpenAiResponsesReader(target),
};
