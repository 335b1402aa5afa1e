import { setTimeout as delay } from 'node:timers/promises';
import { CrosspointError } from '#protocol/errors.ts';
import { ConnectedLife } from '../remote/connected-life.ts';
import type { RemoteMachine } from '../remote/machine.ts';
import type { SandboxState } from '../sandbox.ts';
import { isPassing, stateOf, type ControlPlane } from './control-plane.ts';
import { daytonaMachine } from './daytona-machine.ts';

/** Seconds that a start may take: one that is archived is brought back from afar. */
const startSeconds = 300;
const stopSeconds = 60;
/** Milliseconds between two looks at a state that passes. */
const pollMs = 500;

/** One sandbox at Daytona. */
export class DaytonaLife extends ConnectedLife {
  readonly #ref: string;
  readonly #plane: ControlPlane;

  constructor(ref: string, plane: ControlPlane) {
    super();
    this.#ref = ref;
    this.#plane = plane;
  }

  /** What runs in it is no activity to Daytona. */
  async keepAlive(): Promise<void> {
    const sandbox = await this.#plane.get(this.#ref);
    await this.#plane.ask(() => sandbox.refreshActivity());
  }

  protected async end(): Promise<void> {
    const sandbox = await this.#plane.get(this.#ref);
    if (stateOf(sandbox) === 'alive') await this.#plane.ask(() => sandbox.stop(stopSeconds));
  }

  protected askState(): Promise<SandboxState> {
    return this.#plane.state(this.#ref);
  }

  protected async remove(): Promise<void> {
    try {
      const sandbox = await this.#plane.get(this.#ref);
      await this.#plane.ask(() => sandbox.delete(stopSeconds));
    } catch (cause) {
      if (!(cause instanceof CrosspointError) || cause.code !== 'sandbox_gone') throw cause;
    }
  }

  /** `get` alone starts nothing: the next request would be refused. */
  protected async connect(): Promise<RemoteMachine> {
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
