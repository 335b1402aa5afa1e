import type { Config } from '#server/config.ts';
import { createDaytonaSandboxes } from './daytona/daytona-sandboxes.ts';
import { createE2bSandboxes } from './e2b/e2b-sandboxes.ts';
import type { Bind } from './local/folders.ts';
import { createLocalSandboxes } from './local/local-sandboxes.ts';
import { SandboxProviders, type ProviderChoice } from './providers.ts';

export interface ProviderOptions {
  /** Tells the sandboxes of this record from those of others that share an account. */
  installId: string;
  bind?: Bind;
  /** The folder of an npm that is not below /usr, so that it is there inside the sandbox too. */
  npm?: string;
}

/** Milliseconds after which a sandbox of a service that nothing is open in is paused or stopped. */
const idleMs = 15 * 60 * 1000;

/** Every kind of sandbox that the configuration has what is needed for. Nothing is loaded or started before it is used. */
export function createProviders(config: Config, options: ProviderOptions): SandboxProviders {
  return new SandboxProviders(config.sandbox, {
    local: localChoice(config, options),
    e2b: e2bChoice(config, options),
    daytona: daytonaChoice(config, options),
  });
}

function localChoice({ dataDir, sandboxEgress }: Config, { bind, npm }: ProviderOptions): ProviderChoice {
  const provider = createLocalSandboxes({
    dataDir,
    egress: sandboxEgress,
    ...(bind ? { bind } : {}),
    ...(npm === undefined ? {} : { npm }),
  });
  return { provider, network: sandboxEgress };
}

/** A service's network is open or closed: hosts that the list names mean open, and the page says so. */
function e2bChoice({ e2b, sandboxEgress }: Config, { installId }: ProviderOptions): ProviderChoice {
  const { key, ...rest } = e2b;
  if (key === null) return { provider: null, remedy: 'Set E2B_API_KEY.' };
  const internet = sandboxEgress.length > 0;
  const provider = createE2bSandboxes({ ...rest, apiKey: key, idleMs, internet, installId });
  return { provider, network: internet ? 'all' : [] };
}

function daytonaChoice({ daytona, sandboxEgress }: Config, { installId }: ProviderOptions): ProviderChoice {
  const { key, ...rest } = daytona;
  if (key === null) return { provider: null, remedy: 'Set DAYTONA_API_KEY.' };
  const internet = sandboxEgress.length > 0;
  const provider = createDaytonaSandboxes({ ...rest, apiKey: key, idleMs, internet, installId });
  return { provider, network: internet ? 'all' : [] };
}
