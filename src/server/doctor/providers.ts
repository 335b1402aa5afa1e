import type { Config } from '../config.ts';
import type { Connection } from '../gateway/types.ts';
import { providersOf } from '../models/providers/index.ts';
import type { Provider } from '../models/types.ts';
import type { Finding } from './finding.ts';

const timeoutMs = 5_000;

/** Asks each configured provider for its list of models, with its key: no tokens are spent. */
export async function checkProviders(config: Config): Promise<Finding[]> {
  const found = await Promise.all(providersOf(config).map((provider) => checkProvider(provider, config)));
  const helicone = await checkHelicone(config);
  const works = found.some(({ state, subject }) => state === 'ok' && subject !== 'Scripted demo');
  return works ? [...found, ...helicone] : [...found, ...helicone, onlyDemo];
}

const onlyDemo: Finding = {
  state: 'off',
  subject: 'Models',
  detail: 'only the scripted demo, which is not an AI',
  remedy: 'Add a key to .env, for example OPENAI_API_KEY=…, or start a local server such as Ollama.',
};

function checkProvider(provider: Provider, config: Config): Promise<Finding> {
  const connection = provider.connect(config);
  if (provider.kind === 'local') return checkLocal(provider, config);
  const subject = provider.label;
  if (!connection) {
    const detail = `${provider.variable ?? 'its key'} is not set`;
    return Promise.resolve({ state: 'off', subject, detail });
  }
  if (connection.embedded)
    return Promise.resolve({ state: 'ok', subject, detail: 'always there, no key needed' });
  return checkRemote(connection);
}

async function checkLocal(provider: Provider, config: Config): Promise<Finding> {
  const subject = provider.label;
  try {
    const models = await provider.discover?.(config, AbortSignal.timeout(timeoutMs));
    return { state: 'ok', subject, detail: `${models?.length ?? 0} models` };
  } catch {
    return {
      state: 'off',
      subject,
      detail: `no server at ${provider.connect(config)?.baseUrl ?? 'its address'}`,
    };
  }
}

/** Asks for the list of models, with the key. */
export async function checkRemote(connection: Connection): Promise<Finding> {
  const { label: subject, apiKey, apiKeyVariable } = connection;
  if (apiKey === null && connection.auth !== 'none')
    return {
      state: 'off',
      subject,
      detail: `no key of its own; Helicone's gateway is asked with Helicone's key`,
    };
  const status = await statusOf(modelsUrl(connection), headersOf(connection));
  const { host } = new URL(connection.baseUrl);
  if (typeof status === 'string')
    return {
      state: 'bad',
      subject,
      detail: `${host} cannot be reached: ${status}`,
      remedy: mendAddress(connection),
    };
  if (status === 401 || status === 403)
    return {
      state: 'bad',
      subject,
      detail: `${host} refused the key`,
      remedy: `Correct ${apiKeyVariable} in .env.`,
    };
  if (status >= 500)
    return { state: 'bad', subject, detail: `${host} answers ${status}`, remedy: 'Try again later.' };
  return { state: 'ok', subject, detail: `${host} answers` };
}

async function checkHelicone({ helicone }: Config): Promise<Finding[]> {
  const subject = 'Helicone';
  if (helicone.key === null) return [{ state: 'off', subject, detail: 'HELICONE_API_KEY is not set' }];
  const url = helicone.mode === 'gateway' ? helicone.urls.gateway : helicone.urls.openai;
  const { host } = new URL(url);
  const status = await statusOf(url, { 'helicone-auth': `Bearer ${helicone.key}` });
  if (typeof status === 'number')
    return [{ state: 'ok', subject, detail: `${host} answers (${helicone.mode})` }];
  const remedy = helicone.bypass
    ? 'Requests go to the providers directly meanwhile. Check the network, or HELICONE_*_URL.'
    : 'Check the network, or HELICONE_*_URL.';
  return [{ state: 'bad', subject, detail: `${host} cannot be reached: ${status}`, remedy }];
}

/** The status, or why there is none. A redirect is not followed: the key belongs to this address. */
async function statusOf(url: string, headers: Record<string, string>): Promise<number | string> {
  try {
    const response = await fetch(url, {
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    return response.status;
  } catch (cause) {
    const { message, cause: reason } = cause as Error & { cause?: { code?: string } };
    return reason?.code ?? message;
  }
}

const isAnthropic = ({ auth }: Connection) => auth === 'x-api-key';

function modelsUrl(connection: Connection): string {
  return `${connection.baseUrl}${isAnthropic(connection) ? '/v1' : ''}/models`;
}

function headersOf(connection: Connection): Record<string, string> {
  if (connection.apiKey === null) return {};
  if (!isAnthropic(connection)) return { authorization: `Bearer ${connection.apiKey}` };
  return { 'x-api-key': connection.apiKey, 'anthropic-version': '2023-06-01' };
}

function mendAddress({ provider, apiKeyVariable }: Connection): string {
  const variable = apiKeyVariable.endsWith('_API_KEY')
    ? apiKeyVariable.replace('_API_KEY', '_BASE_URL')
    : provider;
  return `Check the network, or ${variable} in .env.`;
}
