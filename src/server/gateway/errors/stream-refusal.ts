import type { ErrorFacts } from './error-facts.ts';

/**
 * Sentences of providers that have the model but do not stream it, or not with tools:
 * - OpenAI: "Your organization must be verified to stream this model.", code `unsupported_value`, param `stream`
 * - Bedrock: "This model doesn't support tool use in streaming mode."
 * - llama.cpp: "Cannot use tools with stream"; others: "Streaming is not supported for this model"
 * `stream_options`, which is another matter, is no word of its own here.
 */
const sentences =
  /verified to stream\b|\bstream(?:ing)?\b.{0,60}\bnot (?:supported|available|allowed)|(?:not|n't) (?:support|allow).{0,40}\bstream(?:ing)?\b|cannot use tools with stream\b/i;

/** Whether the same request would be taken without streaming. */
export function isStreamRefusal(status: number, { kind, param, message }: ErrorFacts): boolean {
  if (status !== 400 && status !== 403 && status !== 422) return false;
  return (param === 'stream' && /unsupported/.test(kind)) || sentences.test(message);
}
