import { setTimeout as delay } from 'node:timers/promises';
import { CrosspointError } from '#protocol/errors.ts';
import type { RemoteLife, RemoteMachine } from '../remote/machine.ts';
import type { SandboxState } from '../sandbox.ts';
import { isPassing, stateOf, type ControlPlane } from './control-plane.ts';
import { daytonaMachine } from './daytona-machine.ts';

/** Seconds that a start may take: one that is archived is brought back from afar. */
const startSeconds = 300;
const stopSeconds = 60;
/** Milliseconds between two looks at a state that passes. */
const pollMs = 500;

/** One sandbox at Daytona. */
export class DaytonaLife implements RemoteLife {
  readonly #ref: string;
  readonly #plane: ControlPlane;
  #machine: Promise<RemoteMachine> | null = null;
  #destroyed = false;

  constructor(ref: string, plane: ControlPlane) {
    this.#ref = ref;
    this.#plane = plane;
  }

  machine(): Promise<RemoteMachine> {
    if (this.#destroyed) return Promise.reject(gone());
    this.#machine ??= this.#connect().catch((cause: unknown) => {
      this.#machine = null;
      throw cause;
    });
    return this.#machine;
  }

  forget(): void {
    this.#machine = null;
  }

  state(): Promise<SandboxState> {
    return this.#destroyed ? Promise.resolve('gone') : this.#plane.state(this.#ref);
  }

  /** What runs in it is no activity to Daytona. */
  async keepAlive(): Promise<void> {
    const sandbox = await this.#plane.get(this.#ref);
    await this.#plane.ask(() => sandbox.refreshActivity());
  }

  async stop(): Promise<void> {
    if (this.#destroyed) return;
    const sandbox = await this.#plane.get(this.#ref);
    if (stateOf(sandbox) === 'alive') await this.#plane.ask(() => sandbox.stop(stopSeconds));
    this.#machine = null;
  }

  async destroy(): Promise<void> {
    this.#destroyed = true;
    try {
      const sandbox = await this.#plane.get(this.#ref);
      await this.#plane.ask(() => sandbox.delete(stopSeconds));
    } catch (cause) {
      if (!(cause instanceof CrosspointError) || cause.code !== 'sandbox_gone') throw cause;
    }
  }

  /** `get` alone starts nothing: the next request would be refused. */
  async #connect(): Promise<RemoteMachine> {
    const sandbox = await this.#plane.get(this.#ref);
    const state = stateOf(sandbox);
    if (state === 'gone') throw gone();
    if (state === 'unreachable') throw new CrosspointError('sandbox_unreachable', {});
    if (state === 'stopped') await this.#start(sandbox);
    return daytonaMachine(sandbox);
  }

  async #start(sandbox: Awaited<ReturnType<ControlPlane['get']>>): Promise<void> {
    const until = performance.now() + startSeconds * 1_000;
    // A stop or an archiving that is on its way has to come to its end first.
    while (isPassing(sandbox)) {
      if (performance.now() > until) throw new CrosspointError('sandbox_unreachable', {});
      await delay(pollMs);
      await this.#plane.ask(() => sandbox.refreshData());
    }
    if (stateOf(sandbox) === 'stopped') await this.#plane.ask(() => sandbox.start(startSeconds));
    else if (stateOf(sandbox) !== 'alive') throw new CrosspointError('sandbox_unreachable', {});
  }
}

function gone(): CrosspointError {
  return new CrosspointError('sandbox_gone', { remedy: 'It was removed.' });
}
