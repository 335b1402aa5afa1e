import { CrosspointError } from '#protocol/errors.ts';
import type { ProviderView, SandboxType } from '#protocol/workspace.ts';
import type { SandboxProvider } from './sandbox.ts';

/** A kind of sandbox that this server can make, or the sentence that says what is missing for it. */
export type ProviderChoice =
  { provider: SandboxProvider; network: string[] | 'all' } | { provider: null; remedy: string };

const types = ['local', 'e2b', 'daytona'] as const;

/** The kinds of sandboxes of this server. Threads keep theirs; a new one gets the default. */
export class SandboxProviders {
  readonly defaultType: SandboxType;
  readonly #choices: Record<SandboxType, ProviderChoice>;

  constructor(defaultType: SandboxType, choices: Record<SandboxType, ProviderChoice>) {
    this.defaultType = defaultType;
    this.#choices = choices;
  }

  /** @throws `sandbox_unavailable` with what has to be set */
  get(type: SandboxType): SandboxProvider {
    const choice = this.#choices[type];
    if (choice.provider) return choice.provider;
    throw new CrosspointError('sandbox_unavailable', {
      reason: `This server makes no sandboxes of type "${type}".`,
      remedy: choice.remedy,
    });
  }

  /** Hosts that commands can reach. */
  network(type: SandboxType): string[] | 'all' {
    const choice = this.#choices[type];
    return choice.provider ? choice.network : [];
  }

  all(): SandboxProvider[] {
    return types.flatMap((type) => this.#choices[type].provider ?? []);
  }

  selfTests(): Promise<ProviderView[]> {
    return Promise.all(types.map((type) => viewOf(type, this.#choices[type])));
  }

  async close(): Promise<void> {
    await Promise.all(this.all().map((provider) => provider.close()));
  }
}

async function viewOf(type: SandboxType, choice: ProviderChoice): Promise<ProviderView> {
  if (!choice.provider)
    return { type, configured: false, ok: false, detail: 'not configured', remedy: choice.remedy };
  const health = await choice.provider.selfTest();
  if (health.ok) return { type, configured: true, ok: true, detail: health.detail };
  return { type, configured: true, ok: false, detail: health.reason, remedy: health.remedy };
}
