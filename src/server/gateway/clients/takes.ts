import { CrosspointError } from '#protocol/errors.ts';
import type { FilePart } from '#protocol/message.ts';
import type { Dialect, PromptMessage, Target } from '../types.ts';
import type { ClientCall } from './client-wire.ts';

/**
 * What changes an answer and cannot be said to this target is refused instead of left out.
 * @throws CrosspointError `unsupported_parameter`
 */
export function assertTakes(
  { settings }: ClientCall,
  messages: readonly PromptMessage[],
  target: Target,
  dialect: Dialect,
): void {
  const { wire, model } = target;
  const lacks = (param: string) => {
    const detail = `${model} has no such setting. Leave it out, or choose another model.`;
    throw new CrosspointError('unsupported_parameter', { param, detail });
  };
  if (settings.stop?.length && wire === 'openai-responses') lacks('stop');
  if (settings.topK !== undefined && wire !== 'anthropic-messages') lacks('top_k');
  if (settings.frequencyPenalty && wire !== 'openai-chat') lacks('frequency_penalty');
  if (settings.presencePenalty && wire !== 'openai-chat') lacks('presence_penalty');
  if (dialect.imageUrls === false && messages.some(hasAddress)) {
    const detail = `the server of ${model} fetches no pictures. Send the picture itself, as a data URL.`;
    throw new CrosspointError('unsupported_parameter', { param: 'image_url', detail });
  }
  assertReads(messages.flatMap(documentsOf), target, dialect);
}

function hasAddress(message: PromptMessage): boolean {
  if (message.role === 'assistant') return false;
  const images =
    message.role === 'tool' ? message.results.flatMap(({ images = [] }) => images) : message.parts;
  return images.some((part) => part.type === 'image' && part.url !== undefined);
}

function assertReads(
  documents: readonly FilePart[],
  { wire, model, capabilities }: Target,
  { documents: reads = wire !== 'openai-chat' }: Dialect,
): void {
  const refuse = (detail: string) => {
    throw new CrosspointError('unsupported_parameter', { param: 'file', detail });
  };
  if (!documents.length) return;
  if (!reads || !capabilities.images)
    refuse(`${model} reads no PDFs. Send the text of the file, or choose another model.`);
  if (wire === 'openai-chat' && documents.some(({ url }) => url !== undefined))
    refuse(`${model} takes a file by its data only. Send the file itself instead of its address.`);
}

function documentsOf(message: PromptMessage): FilePart[] {
  if (message.role !== 'user') return [];
  return message.parts.filter((part) => part.type === 'file').filter(({ asIs }) => asIs);
}
