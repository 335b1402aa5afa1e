import type { EndpointHealthState, GatewayHealthAnswer } from '#protocol/answers.ts';
import { ConfigError, type Config } from '../config.ts';
import type { GatewayConfig } from '../gateway/routing/gateway-config.ts';
import { namedVariables, openGatewaySettings, withNamedKeys } from '../gateway/routing/gateway-settings.ts';
import { providersOf } from '../models/providers/index.ts';
import { findRunningServer } from '../process/data-directory.ts';
import { readGatewayFile } from '../process/gateway-file.ts';
import { openStore } from '../store/open-store.ts';
import type { Finding } from './finding.ts';

const timeoutMs = 5_000;
const subject = 'Gateway';

/**
 * Its file or its settings, the variables that they name, and how its endpoints do where the server runs. `config` is the
 * given one with the keys that it names.
 */
export async function checkGateway(config: Config): Promise<{ findings: Finding[]; config: Config }> {
  const { finding, config: named } = await checkConfiguration(config);
  return { findings: [finding, ...(await checkEndpoints(config))], config: named };
}

async function checkConfiguration(config: Config): Promise<{ finding: Finding; config: Config }> {
  try {
    const { file, gateway } = await readConfiguration(config);
    return { finding: describe(file, gateway, config), config: withNamedKeys(config, gateway) };
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    const remedy = 'Correct the file; docs/gateway.md has its form.';
    return { finding: { state: 'bad', subject, detail: cause.message, remedy }, config };
  }
}

async function readConfiguration(config: Config): Promise<{ file: string | null; gateway: GatewayConfig }> {
  const file = await readGatewayFile(config);
  const logger = { warn: () => undefined };
  // Without a store there are no settings; that it cannot be opened is another check's finding.
  const store = await openStore(config.dataDir).catch(() => null);
  try {
    const none = { get: () => Promise.resolve(null), set: () => Promise.resolve() };
    const opened = await openGatewaySettings({ file, settings: store?.settings ?? none, logger });
    opened.checkFile(providersOf(config));
    return { file: opened.file, gateway: opened.current() };
  } finally {
    await store?.close();
  }
}

function describe(file: string | null, gateway: GatewayConfig, { secretOf }: Config): Finding {
  const models = Object.keys(gateway.models).length;
  const variables = namedVariables(gateway, secretOf);
  if (!models && !variables.length)
    return { state: 'off', subject, detail: 'one key a provider, and no models of its own' };
  const missing = variables.filter(({ set }) => !set).map(({ name }) => name);
  const detail = `${file ?? 'in the settings'}: ${models} named models, ${variables.length} named keys`;
  if (!missing.length) return { state: 'ok', subject, detail };
  return {
    state: 'bad',
    subject,
    detail: `${detail}; not set: ${missing.join(', ')}`,
    remedy: `Add ${missing[0]}=… to .env, or take it out of the configuration.`,
  };
}

/** Only the running server knows; it is asked where there is a token for scripts. */
async function checkEndpoints({ apiToken, dataDir }: Config): Promise<Finding[]> {
  const origin = findRunningServer(dataDir)?.origin;
  if (!origin || apiToken === null) return [];
  const endpoints = await askServer(origin, apiToken);
  if (!endpoints?.length) return [];
  const out = endpoints.filter(({ breaker, out: why }) => why !== null && breaker !== 'half-open');
  const detail = `${endpoints.length - out.length} of ${endpoints.length} that were asked lately answer`;
  if (!out.length) return [{ state: 'ok', subject: 'Endpoints', detail }];
  const names = out.map(({ id, model, out: why }) => `${id} ${model} (${why})`).join(', ');
  return [{ state: 'bad', subject: 'Endpoints', detail: `${detail}; out: ${names}`, remedy: remedyFor(out) }];
}

function remedyFor(out: readonly EndpointHealthState[]): string {
  const refused = out.find(({ out: why }) => why === 'refused-key');
  return refused?.key ? `Correct ${refused.key} in .env.` : 'They are tried again by themselves.';
}

async function askServer(origin: string, token: string): Promise<EndpointHealthState[] | null> {
  try {
    const response = await fetch(`${origin}/api/gateway/health`, {
      headers: { authorization: `Bearer ${token}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    return response.ok ? ((await response.json()) as GatewayHealthAnswer).endpoints : null;
  } catch {
    // Whether the server answers is the finding of another check.
    return null;
  }
}
