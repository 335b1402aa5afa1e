import { AnthropicReader } from './anthropic-read.ts';
import { writeAnthropic } from './anthropic-write.ts';
import type { WireCodec } from './wire.ts';

/** `POST /v1/messages`: Anthropic and compatible servers. */
export const anthropicMessages: WireCodec = {
  path: '/v1/messages',
  headers: { 'anthropic-version': '2023-06-01' },
  write: writeAnthropic,
  reader: (target) => new AnthropicReader(target),
};
