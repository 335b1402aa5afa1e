import { CrosspointError } from '#protocol/errors.ts';
import type { SandboxState } from '../sandbox.ts';
import type { RemoteLife, RemoteMachine } from './machine.ts';

/** The part of a life that is the same for every service: connected once, and gone from the moment that it is removed. */
export abstract class ConnectedLife implements RemoteLife {
  #machine: Promise<RemoteMachine> | null = null;
  #destroyed = false;

  machine(): Promise<RemoteMachine> {
    if (this.#destroyed)
      return Promise.reject(new CrosspointError('sandbox_gone', { remedy: 'It was removed.' }));
    this.#machine ??= this.connect().catch((cause: unknown) => {
      this.#machine = null;
      throw cause;
    });
    return this.#machine;
  }

  forget(): void {
    this.#machine = null;
  }

  state(): Promise<SandboxState> {
    return this.#destroyed ? Promise.resolve('gone') : this.askState();
  }

  async stop(): Promise<void> {
    if (this.#destroyed) return;
    await this.end();
    this.#machine = null;
  }

  destroy(): Promise<void> {
    this.#destroyed = true;
    return this.remove();
  }

  abstract keepAlive(): Promise<void>;
  /** Starts it when it is stopped. */
  protected abstract connect(): Promise<RemoteMachine>;
  protected abstract askState(): Promise<SandboxState>;
  /** Every process; files stay. */
  protected abstract end(): Promise<void>;
  protected abstract remove(): Promise<void>;
}
