import type { Config } from '../config.ts';
import { createWebProvider } from '../web/create-provider.ts';
import type { ProviderId } from '../web/types.ts';
import type { Finding } from './finding.ts';

const timeoutMs = 5_000;
const subject = 'Web search';

/** Asks the search engine that is configured in a way that searches nothing and costs nothing, where it has one. */
export async function checkWeb(config: Config): Promise<Finding[]> {
  const provider = createWebProvider(config);
  if (!provider)
    return [
      {
        state: 'off',
        subject,
        detail: 'no search engine is configured, so the agent is not offered web_search',
        remedy: 'Set TAVILY_API_KEY, SEARXNG_URL, BRAVE_API_KEY or EXA_API_KEY in .env.',
      },
    ];
  if (provider.id === 'tavily' && provider.key === null)
    return [{ state: 'ok', subject, detail: 'Tavily without a key: a few requests, as TAVILY_KEYLESS says' }];
  return [await probe(provider.id, provider.label, config)];
}

async function probe(id: ProviderId, label: string, config: Config): Promise<Finding> {
  const { url, headers, means, variables } = probes[id](config);
  if (url === null)
    return { state: 'ok', subject, detail: `${label} is set; it has no request that costs nothing` };
  const { host } = new URL(url);
  try {
    const response = await fetch(url, {
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const problem = means(response.status, await response.text());
    if (problem === null) return { state: 'ok', subject, detail: `${label} at ${host} answers` };
    return { state: 'bad', subject, detail: `${label} at ${host} ${problem.detail}`, remedy: problem.remedy };
  } catch (cause) {
    const { message, cause: reason } = cause as Error & { cause?: { code?: string } };
    const detail = `${label} at ${host} cannot be reached: ${reason?.code ?? message}`;
    return { state: 'bad', subject, detail, remedy: `Check the network, or ${variables.url} in .env.` };
  }
}

interface Probe {
  /** null: there is nothing that could be asked for free. */
  url: string | null;
  headers: Record<string, string>;
  means(status: number, text: string): { detail: string; remedy: string } | null;
  variables: { url: string };
}

const probes: Record<ProviderId, (config: Config) => Probe> = {
  // What the key has used: https://docs.tavily.com/documentation/api-reference/endpoint/usage
  tavily: ({ tavily }) => ({
    url: `${tavily.baseUrl}/usage`,
    headers: { authorization: `Bearer ${tavily.key}` },
    means: (status) => refusedKey(status === 401 || status === 403, 'TAVILY_API_KEY') ?? failing(status),
    variables: { url: 'TAVILY_BASE_URL' },
  }),
  // Without words it searches nothing: 400 when JSON is enabled, 403 when it is not.
  searxng: ({ searxngUrl }) => ({
    url: `${searxngUrl}/search?format=json`,
    headers: {},
    means: (status) =>
      status === 403
        ? {
            detail: 'does not give JSON',
            remedy: 'Add "json" to "formats" below "search" in its settings.yml.',
          }
        : failing(status === 400 ? 200 : status),
    variables: { url: 'SEARXNG_URL' },
  }),
  // The key is looked at before the words, which are missing here.
  brave: ({ brave }) => ({
    url: `${brave.baseUrl}/res/v1/web/search`,
    headers: { 'x-subscription-token': brave.key ?? '' },
    means: (status, text) =>
      refusedKey(status === 401 || text.includes('SUBSCRIPTION_TOKEN_INVALID'), 'BRAVE_API_KEY') ??
      failing(status === 422 ? 200 : status),
    variables: { url: 'BRAVE_BASE_URL' },
  }),
  exa: () => ({ url: null, headers: {}, means: () => null, variables: { url: 'EXA_BASE_URL' } }),
};

function refusedKey(isRefused: boolean, variable: string): { detail: string; remedy: string } | null {
  return isRefused ? { detail: 'refused the key', remedy: `Correct ${variable} in .env.` } : null;
}

function failing(status: number): { detail: string; remedy: string } | null {
  if (status === 200) return null;
  return { detail: `answers ${status}`, remedy: 'Check its address in .env, or try again later.' };
}
