import type { SandboxState } from '../sandbox.ts';
import { ConnectedLife } from '../remote/connected-life.ts';
import type { RemoteMachine } from '../remote/machine.ts';
import type { ControlPlane } from './control-plane.ts';
import { e2bMachine } from './e2b-machine.ts';

/** One sandbox at E2B. */
export class E2bLife extends ConnectedLife {
  readonly #ref: string;
  readonly #plane: ControlPlane;

  constructor(ref: string, plane: ControlPlane) {
    super();
    this.#ref = ref;
    this.#plane = plane;
  }

  async keepAlive(): Promise<void> {
    const { connection, config } = this.#plane;
    await this.#plane.ask(({ Sandbox }) => Sandbox.setTimeout(this.#ref, config.idleMs, connection));
  }

  /** Without its memory, so that every process has ended when it is resumed. */
  protected async end(): Promise<void> {
    const { connection } = this.#plane;
    await this.#plane.ask(({ Sandbox }) => Sandbox.pause(this.#ref, { ...connection, keepMemory: false }));
  }

  protected askState(): Promise<SandboxState> {
    return this.#plane.state(this.#ref);
  }

  protected async remove(): Promise<void> {
    await this.#plane.ask(({ Sandbox }) => Sandbox.kill(this.#ref, this.#plane.connection));
  }

  /** Resumes it too. Its time is said each time: E2B would go back to five minutes. */
  protected async connect(): Promise<RemoteMachine> {
    const { connection, config } = this.#plane;
    const options = { ...connection, timeoutMs: config.idleMs };
    const sandbox = await this.#plane.ask(({ Sandbox }) => Sandbox.connect(this.#ref, options));
    return e2bMachine(sandbox, config.sandboxUrl);
  }
}
