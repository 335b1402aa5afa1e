import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

/** What a client understood of an answer, in the same words for all of them. */
export interface Understood {
  text: string;
  refusal: string;
  reasoning: string;
  calls: { id: string; name: string; args: unknown }[];
  finish: 'stop' | 'tool-calls' | 'length' | 'filter';
  usage: { input: number; output: number; cacheRead: number; cacheWrite: number; reasoning: number };
}

export interface Asked {
  model: string;
  stream: boolean;
  /** In the words of the wire, e.g. `tool_choice`. */
  more?: Record<string, unknown>;
  tools?: boolean;
  thinks?: boolean;
}

/** A conversation held with an official client: what it understood goes back as it has it. */
export interface Conversation {
  say(text: string, image?: string): void;
  results(texts: Record<string, { text: string; image?: string; isError?: boolean }>): void;
  ask(asked: Asked): Promise<Understood>;
}

export const schema = {
  type: 'object',
  properties: { path: { type: 'string' } },
  required: ['path'],
  additionalProperties: false,
};
export const description = 'Reads a file.';

export function openAiClient(origin: string, apiKey = 'cp-test'): OpenAI {
  return new OpenAI({ baseURL: `${origin}/v1`, apiKey, maxRetries: 0 });
}

export function anthropicClient(origin: string, apiKey = 'cp-test'): Anthropic {
  return new Anthropic({ baseURL: origin, apiKey, maxRetries: 0 });
}
