import { CrosspointError } from '#protocol/errors.ts';
import type { SandboxState } from '../sandbox.ts';
import type { RemoteLife, RemoteMachine } from '../remote/machine.ts';
import type { ControlPlane } from './control-plane.ts';
import { e2bMachine } from './e2b-machine.ts';

/** One sandbox at E2B. */
export class E2bLife implements RemoteLife {
  readonly #ref: string;
  readonly #plane: ControlPlane;
  #machine: Promise<RemoteMachine> | null = null;
  #destroyed = false;

  constructor(ref: string, plane: ControlPlane) {
    this.#ref = ref;
    this.#plane = plane;
  }

  machine(): Promise<RemoteMachine> {
    if (this.#destroyed)
      return Promise.reject(new CrosspointError('sandbox_gone', { remedy: 'It was removed.' }));
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

  async keepAlive(): Promise<void> {
    const { connection, config } = this.#plane;
    await this.#plane.ask(({ Sandbox }) => Sandbox.setTimeout(this.#ref, config.idleMs, connection));
  }

  /** Without its memory, so that every process has ended when it is resumed. */
  async stop(): Promise<void> {
    if (this.#destroyed) return;
    const { connection } = this.#plane;
    await this.#plane.ask(({ Sandbox }) => Sandbox.pause(this.#ref, { ...connection, keepMemory: false }));
    this.#machine = null;
  }

  async destroy(): Promise<void> {
    this.#destroyed = true;
    await this.#plane.ask(({ Sandbox }) => Sandbox.kill(this.#ref, this.#plane.connection));
  }

  /** Resumes it too. Its time is said each time: E2B would go back to five minutes. */
  async #connect(): Promise<RemoteMachine> {
    const { connection, config } = this.#plane;
    const options = { ...connection, timeoutMs: config.idleMs };
    const sandbox = await this.#plane.ask(({ Sandbox }) => Sandbox.connect(this.#ref, options));
    return e2bMachine(sandbox, config.sandboxUrl);
  }
}
