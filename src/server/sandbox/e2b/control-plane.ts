import { setTimeout as delay } from 'node:timers/promises';
import type { Sandbox as E2bSandbox } from 'e2b';
import { CrosspointError } from '#protocol/errors.ts';
import type { SandboxState } from '../sandbox.ts';

export interface E2bConfig {
  apiKey: string;
  /** Of the control plane, and of all sandboxes together; null: what follows from `domain`. */
  apiUrl: string | null;
  sandboxUrl: string | null;
  domain: string | null;
  template: string;
  /** Milliseconds without `keepAlive` after which a sandbox is paused. */
  idleMs: number;
  /** Commands may reach the internet. */
  internet: boolean;
}

interface Sdk {
  Sandbox: typeof E2bSandbox;
}

/** Milliseconds before the control plane is asked again; the SDK itself waits only when it is told for how long. */
const retryDelaysMs = [200, 800];
const requestTimeoutMs = 60_000;

/** E2B's control plane: every request bounded and repeated, every failure one of ours. */
export class ControlPlane {
  readonly config: E2bConfig;
  #sdk: Promise<Sdk> | null = null;

  constructor(config: E2bConfig) {
    this.config = config;
  }

  /** Explicit, so that no variable of the environment has a say; `debug` would answer without asking anybody. */
  get connection() {
    const { apiKey, apiUrl, sandboxUrl, domain } = this.config;
    return {
      apiKey,
      ...(apiUrl ? { apiUrl } : {}),
      ...(sandboxUrl ? { sandboxUrl } : {}),
      ...(domain ? { domain } : {}),
      debug: false,
      requestTimeoutMs,
    };
  }

  /** @throws CrosspointError `sandbox_unavailable` when the SDK is not installed */
  sdk(): Promise<Sdk> {
    this.#sdk ??= import('e2b').catch((cause: unknown) => {
      this.#sdk = null;
      const values = { reason: 'The SDK of E2B is not installed.', remedy: 'Run npm install e2b@2.51.0' };
      throw new CrosspointError('sandbox_unavailable', values, { cause });
    });
    return this.#sdk;
  }

  /** @throws CrosspointError of the catalogue only */
  ask<Result>(use: (sdk: Sdk) => Promise<Result>): Promise<Result> {
    return this.#repeat(use, ['sandbox_unreachable', 'sandbox_busy']);
  }

  /** What must not be done twice: only what was surely refused is tried again. @throws as `ask` */
  askOnce<Result>(use: (sdk: Sdk) => Promise<Result>): Promise<Result> {
    return this.#repeat(use, ['sandbox_busy']);
  }

  async #repeat<Result>(use: (sdk: Sdk) => Promise<Result>, passing: string[]): Promise<Result> {
    const sdk = await this.sdk();
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await use(sdk);
      } catch (cause) {
        const error = meaning(cause);
        const waitMs = retryDelaysMs[attempt];
        if (!passing.includes(error.code) || waitMs === undefined) throw error;
        await delay(waitMs);
      }
    }
  }

  async state(ref: string): Promise<SandboxState> {
    try {
      const { state } = await this.ask(({ Sandbox }) => Sandbox.getInfo(ref, this.connection));
      return state === 'running' ? 'alive' : 'stopped';
    } catch (cause) {
      return cause instanceof CrosspointError && cause.code === 'sandbox_gone' ? 'gone' : 'unreachable';
    }
  }
}

function meaning(cause: unknown): CrosspointError {
  if (cause instanceof CrosspointError) return cause;
  switch (cause instanceof Error ? cause.name : '') {
    case 'SandboxNotFoundError':
      return new CrosspointError('sandbox_gone', { remedy: 'E2B has ended it.' }, { cause });
    case 'AuthenticationError':
      return new CrosspointError(
        'sandbox_unavailable',
        { reason: 'E2B refuses the key.', remedy: 'Look at E2B_API_KEY.' },
        { cause },
      );
    case 'RateLimitError':
      return new CrosspointError('sandbox_busy', { seconds: 30 }, { cause });
    default:
      return new CrosspointError('sandbox_unreachable', {}, { cause });
  }
}
