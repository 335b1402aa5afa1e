import { Refusal } from './refusal.ts';
import type { ProviderName } from './script.ts';

/** Model → tokens of its window. What has none takes everything. */
export type Windows = Map<string, number>;

/** As the emulators count for the usage that they report. */
const bytesPerToken = 4;

/** Refuses a request that is larger than its model's window, in the provider's own words. @throws Refusal */
export function checkWindow(provider: ProviderName, model: string, bodyText: string, windows: Windows): void {
  const window = windows.get(model);
  const tokens = Math.ceil(bodyText.length / bytesPerToken);
  if (window !== undefined && tokens > window) throw tooLong(provider, tokens, window);
}

function tooLong(provider: ProviderName, tokens: number, window: number): Refusal {
  const code = 'context_length_exceeded';
  switch (provider) {
    case 'anthropic':
      return new Refusal(`prompt is too long: ${tokens} tokens > ${window} maximum`);
    case 'groq':
      return new Refusal('Please reduce the length of the messages or completion.', {
        code,
        param: 'messages',
      });
    case 'openrouter':
      return new Refusal(
        `This endpoint's maximum context length is ${window} tokens. However, you requested about ${tokens} tokens (${tokens} of text input). Please reduce the length of either one, or use the context-compression plugin to compress your prompt automatically.`,
      );
    case 'openai':
      return new Refusal(
        'Your input exceeds the context window of this model. Please adjust your input and try again.',
        {
          code,
          param: 'input',
        },
      );
    default:
      return new Refusal(
        `This model's maximum context length is ${window} tokens. However, your request has ${tokens} input tokens. Please reduce the length of the input messages.`,
        { type: 'BadRequestError' },
      );
  }
}
