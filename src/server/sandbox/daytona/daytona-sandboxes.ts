import { RemoteSandboxes, type ListedSandbox, type RemoteService } from '../remote/remote-sandboxes.ts';
import type { SandboxProvider, SandboxState } from '../sandbox.ts';
import { ControlPlane, stateOf, type DaytonaConfig } from './control-plane.ts';
import { DaytonaLife } from './daytona-life.ts';

const createSeconds = 120;
/** Minutes after a stop until the files are moved to where they are cheaper to keep; a start brings them back. */
const archiveMinutes = 7 * 24 * 60;

/** @param installId tells the sandboxes of this installation from others of the same account */
export function createDaytonaSandboxes(config: DaytonaConfig & { installId: string }): SandboxProvider {
  return new RemoteSandboxes(new DaytonaService(config));
}

class DaytonaService implements RemoteService {
  readonly name = 'daytona';
  readonly detail: string;
  readonly remedy = 'Look at DAYTONA_API_KEY and DAYTONA_API_URL.';
  readonly #plane: ControlPlane;
  readonly #installId: string;

  constructor({ installId, ...config }: DaytonaConfig & { installId: string }) {
    this.#plane = new ControlPlane(config);
    this.#installId = installId;
    const made = config.snapshot === null ? 'of the default snapshot' : `of "${config.snapshot}"`;
    this.detail = `Daytona answers; new sandboxes are made ${made}.`;
  }

  life(ref: string): DaytonaLife {
    return new DaytonaLife(ref, this.#plane);
  }

  state(ref: string): Promise<SandboxState> {
    return this.#plane.state(ref);
  }

  async create(id: string): Promise<string> {
    const { config } = this.#plane;
    const options = {
      ...(config.snapshot === null ? {} : { snapshot: config.snapshot }),
      labels: { crosspoint: this.#installId, id },
      autoStopInterval: Math.max(1, Math.ceil(config.idleMs / 60_000)),
      autoArchiveInterval: archiveMinutes,
      // Never: what goes is decided by the policy of `workspace/collect.ts`.
      autoDeleteInterval: -1,
      networkBlockAll: !config.internet,
      public: false,
    };
    const sandbox = await this.#plane.askOnce((client) => client.create(options, { timeout: createSeconds }));
    return sandbox.id;
  }

  find(narrow: { id?: string }): Promise<ListedSandbox[]> {
    const labels = { crosspoint: this.#installId, ...narrow };
    return this.#plane.ask(async (client) => {
      const all: ListedSandbox[] = [];
      for await (const sandbox of client.list({ labels })) {
        const { id: ref, lastActivityAt, updatedAt } = sandbox;
        const lastUsedAt = lastActivityAt ?? updatedAt ?? null;
        if (stateOf(sandbox) !== 'gone') all.push({ id: sandbox.labels.id ?? '', ref, lastUsedAt });
      }
      return all;
    });
  }
}
