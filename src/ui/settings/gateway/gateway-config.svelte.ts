import { createContext } from 'svelte';
import type { GatewayAnswer } from '#protocol/answers.ts';
import type { GatewayConfig } from '#protocol/gateway-config.ts';
import type { GatewayApi } from '#ui/client/gateway-api.ts';
import { asApiError } from '#ui/client/thread.svelte.ts';

const shownMs = 5_000;

/** The gateway's configuration as the server has it; each change is saved at once. */
export class ConfigOnServer {
  answer = $state.raw<GatewayAnswer | null>(null);
  failure = $state('');
  /** What was done last. */
  said = $state('');
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #api: GatewayApi;

  constructor(api: GatewayApi) {
    this.#api = api;
  }

  /** Shown for a moment. */
  say(said: string): void {
    this.said = said;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.said = ''), shownMs);
  }

  async load(): Promise<void> {
    try {
      this.answer = await this.#api.config();
    } catch (cause) {
      this.failure = asApiError(cause).message;
    }
  }

  /** Gives the sentence that says why not; empty when it is saved. */
  async change(change: (config: GatewayConfig) => GatewayConfig, said: string): Promise<string> {
    if (!this.answer) return 'The configuration is not loaded yet.';
    try {
      this.answer = await this.#api.changeConfig(change(this.answer.config));
      this.say(said);
      return '';
    } catch (cause) {
      return asApiError(cause).message;
    }
  }
}

export const [useConfig, provideConfig] = createContext<ConfigOnServer>();
