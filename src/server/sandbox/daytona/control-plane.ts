import { setTimeout as delay } from 'node:timers/promises';
import type { Daytona, Sandbox as DaytonaSandbox } from '@daytonaio/sdk';
import { CrosspointError } from '#protocol/errors.ts';
import type { SandboxState } from '../sandbox.ts';

export interface DaytonaConfig {
  apiKey: string;
  apiUrl: string;
  /** Region; null: the account's own. */
  target: string | null;
  /** Of which new sandboxes are made; null: the account's default. */
  snapshot: string | null;
  /** Milliseconds without `keepAlive` after which a sandbox is stopped. Daytona counts in minutes. */
  idleMs: number;
  /** Commands may reach the internet. */
  internet: boolean;
}

/** Milliseconds before the control plane is asked again. */
const retryDelaysMs = [200, 800];
/** The SDK's own is 24 hours. Commands are not requests that last: their output comes over a socket of its own. */
const requestTimeoutMs = 60_000;

/** States that pass by themselves; a start in one of them is refused. */
const passing =
  'stopping pausing archiving starting resuming restoring creating pulling_snapshot resizing snapshotting forking'.split(
    ' ',
  );
/** States in which every process has ended, and a start brings the files back. */
const stopped = new Set(['stopped', 'paused', 'archived', ...passing]);
const gone = new Set(['destroyed', 'destroying']);

/** Daytona's control plane: every request bounded and repeated, every failure one of ours. */
export class ControlPlane {
  readonly config: DaytonaConfig;
  #client: Promise<Daytona> | null = null;

  constructor(config: DaytonaConfig) {
    this.config = config;
  }

  /** @throws CrosspointError of the catalogue only */
  ask<Result>(use: (client: Daytona) => Promise<Result>): Promise<Result> {
    return this.#repeat(use, ['sandbox_unreachable', 'sandbox_busy']);
  }

  /** What must not be done twice: only what was surely refused is tried again. @throws as `ask` */
  askOnce<Result>(use: (client: Daytona) => Promise<Result>): Promise<Result> {
    return this.#repeat(use, ['sandbox_busy']);
  }

  async #repeat<Result>(use: (client: Daytona) => Promise<Result>, passing: string[]): Promise<Result> {
    const client = await this.#connect();
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await use(client);
      } catch (cause) {
        const error = meaning(cause);
        const waitMs = retryDelaysMs[attempt];
        if (!passing.includes(error.code) || waitMs === undefined) throw error;
        await delay(waitMs);
      }
    }
  }

  get(ref: string): Promise<DaytonaSandbox> {
    return this.ask((client) => client.get(ref));
  }

  async state(ref: string): Promise<SandboxState> {
    try {
      return stateOf(await this.get(ref));
    } catch (cause) {
      return cause instanceof CrosspointError && cause.code === 'sandbox_gone' ? 'gone' : 'unreachable';
    }
  }

  #connect(): Promise<Daytona> {
    this.#client ??= this.#load().catch((cause: unknown) => {
      this.#client = null;
      throw cause;
    });
    return this.#client;
  }

  /**
   * Everything is said explicitly: the SDK would read variables of the environment, and `.env` files of the folder that
   * the app was started in. Polling, since the socket that it opens otherwise is not needed for one sandbox at a time.
   * @throws CrosspointError `sandbox_unavailable` when the SDK is not installed
   */
  async #load(): Promise<Daytona> {
    const { apiKey, apiUrl, target } = this.config;
    const { Daytona } = await import('@daytonaio/sdk').catch((cause: unknown) => {
      const remedy = 'Run npm install @daytonaio/sdk@0.218.0';
      const values = { reason: 'The SDK of Daytona is not installed.', remedy };
      throw new CrosspointError('sandbox_unavailable', values, { cause });
    });
    const options = { apiKey, apiUrl, requestTimeoutMs, useDeprecatedPolling: true };
    const client = new Daytona(target === null ? options : { ...options, target });
    Object.assign(client, { target: target ?? undefined });
    return client;
  }
}

/** One that is in error may come back when it is recovered: nobody knows. */
export function stateOf({ state }: Pick<DaytonaSandbox, 'state'>): SandboxState {
  if (state === 'started') return 'alive';
  if (stopped.has(String(state))) return 'stopped';
  return gone.has(String(state)) ? 'gone' : 'unreachable';
}

export function isPassing({ state }: Pick<DaytonaSandbox, 'state'>): boolean {
  return passing.includes(String(state));
}

function meaning(cause: unknown): CrosspointError {
  if (cause instanceof CrosspointError) return cause;
  switch (cause instanceof Error ? cause.name : '') {
    case 'DaytonaNotFoundError':
    case 'DaytonaGoneError':
      return new CrosspointError('sandbox_gone', { remedy: 'Daytona has ended it.' }, { cause });
    case 'DaytonaAuthenticationError':
      return unavailable('Daytona refuses the key.', 'Look at DAYTONA_API_KEY.', cause);
    case 'DaytonaForbiddenError':
    case 'DaytonaAuthorizationError':
      return unavailable(`Daytona: ${(cause as Error).message}`, 'Look at your account there.', cause);
    case 'DaytonaRateLimitError':
      return new CrosspointError('sandbox_busy', { seconds: 30 }, { cause });
    default:
      // What was asked for is refused: another try gives the same. A sandbox that is changing its state is not that.
      if (
        !refusedStatuses.has(statusOf(cause)) ||
        /state change|in progress|Is the Sandbox started/i.test(messageOf(cause))
      )
        return new CrosspointError('sandbox_unreachable', {}, { cause });
      return unavailable(
        `Daytona: ${messageOf(cause)}`,
        'Look at DAYTONA_SNAPSHOT, DAYTONA_TARGET and your account there.',
        cause,
      );
  }
}

const refusedStatuses = new Set([400, 402, 422]);
const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));

function statusOf(cause: unknown): number {
  return cause instanceof Error && 'statusCode' in cause ? Number(cause.statusCode) : 0;
}

function unavailable(reason: string, remedy: string, cause: unknown): CrosspointError {
  return new CrosspointError('sandbox_unavailable', { reason: reason.slice(0, 300), remedy }, { cause });
}
