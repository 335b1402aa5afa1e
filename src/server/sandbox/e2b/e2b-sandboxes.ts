import { RemoteSandboxes, type ListedSandbox, type RemoteService } from '../remote/remote-sandboxes.ts';
import type { SandboxProvider, SandboxState } from '../sandbox.ts';
import { ControlPlane } from './control-plane.ts';
import type { E2bConfig } from './control-plane.ts';
import { E2bLife } from './e2b-life.ts';

/** @param installId tells the sandboxes of this installation from others of the same account */
export function createE2bSandboxes(config: E2bConfig & { installId: string }): SandboxProvider {
  return new RemoteSandboxes(new E2bService(config));
}

class E2bService implements RemoteService {
  readonly name = 'e2b';
  readonly detail: string;
  readonly remedy = 'Look at E2B_API_KEY and E2B_API_URL.';
  readonly #plane: ControlPlane;
  readonly #installId: string;

  constructor({ installId, ...config }: E2bConfig & { installId: string }) {
    this.#plane = new ControlPlane(config);
    this.#installId = installId;
    this.detail = `E2B answers; new sandboxes are made of "${config.template}".`;
  }

  life(ref: string): E2bLife {
    return new E2bLife(ref, this.#plane);
  }

  state(ref: string): Promise<SandboxState> {
    return this.#plane.state(ref);
  }

  async create(id: string): Promise<string> {
    const { connection, config } = this.#plane;
    const sandbox = await this.#plane.askOnce(({ Sandbox }) =>
      Sandbox.create(config.template, {
        ...connection,
        timeoutMs: config.idleMs,
        metadata: { crosspoint: this.#installId, id },
        // Idle, it keeps its files and its memory; the default would delete both.
        lifecycle: { onTimeout: 'pause' },
        allowInternetAccess: config.internet,
        // Ports answer only to whoever has the token.
        network: { allowPublicTraffic: false },
      }),
    );
    return sandbox.sandboxId;
  }

  async find(narrow: { id?: string }): Promise<ListedSandbox[]> {
    const metadata = { crosspoint: this.#installId, ...narrow };
    const { connection, config } = this.#plane;
    return this.#plane.ask(async ({ Sandbox }) => {
      const pages = Sandbox.list({ ...connection, query: { metadata } });
      const all = [];
      while (pages.hasNext) all.push(...(await pages.nextItems()));
      return all.map(({ sandboxId, metadata: { id = '' }, endAt }) => {
        const lastUsed = Math.min(endAt.getTime() - config.idleMs, Date.now());
        return { id, ref: sandboxId, lastUsedAt: new Date(lastUsed).toISOString() };
      });
    });
  }
}
