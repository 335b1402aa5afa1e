import { CrosspointError } from '#protocol/errors.ts';
import type { Dialect, PromptMessage, Target } from '../types.ts';
import type { ClientCall } from './client-wire.ts';

/**
 * What changes an answer and cannot be said to this target is refused instead of left out.
 * @throws CrosspointError `unsupported_parameter`
 */
export function assertTakes(
  { settings }: ClientCall,
  messages: readonly PromptMessage[],
  { wire, model }: Target,
  { imageUrls }: Dialect,
): void {
  const lacks = (param: string) => {
    const detail = `${model} has no such setting. Leave it out, or choose another model.`;
    throw new CrosspointError('unsupported_parameter', { param, detail });
  };
  if (settings.stop?.length && wire === 'openai-responses') lacks('stop');
  if (settings.topK !== undefined && wire !== 'anthropic-messages') lacks('top_k');
  if (settings.frequencyPenalty && wire !== 'openai-chat') lacks('frequency_penalty');
  if (settings.presencePenalty && wire !== 'openai-chat') lacks('presence_penalty');
  if (imageUrls === false && messages.some(hasAddress)) {
    const detail = `the server of ${model} fetches no pictures. Send the picture itself, as a data URL.`;
    throw new CrosspointError('unsupported_parameter', { param: 'image_url', detail });
  }
}

function hasAddress(message: PromptMessage): boolean {
  if (message.role === 'assistant') return false;
  const images =
    message.role === 'tool' ? message.results.flatMap(({ images = [] }) => images) : message.parts;
  return images.some((part) => part.type === 'image' && part.url !== undefined);
}
