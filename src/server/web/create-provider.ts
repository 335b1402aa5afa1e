import { brave } from './providers/brave.ts';
import { exa } from './providers/exa.ts';
import { searxng } from './providers/searxng.ts';
import { tavily } from './providers/tavily.ts';
import type { WebSearchProvider } from './types.ts';

/** The part of the configuration that says who is asked. */
export interface WebConfig {
  tavily: { key: string | null; baseUrl: string; keyless: boolean };
  searxngUrl: string | null;
  brave: { key: string | null; baseUrl: string };
  exa: { key: string | null; baseUrl: string };
  deadlineScale: number;
}

/**
 * The first that is configured: Tavily, SearXNG, Brave, Exa, then Tavily without a key where a person asked for that.
 * null: nobody is asked, and nothing leaves this machine.
 */
export function createWebProvider(config: WebConfig): WebSearchProvider | null {
  const { deadlineScale, searxngUrl } = config;
  const { key, baseUrl, keyless } = config.tavily;
  if (key !== null) return tavily({ key, baseUrl, deadlineScale });
  if (searxngUrl !== null) return searxng({ url: searxngUrl, deadlineScale });
  if (config.brave.key !== null)
    return brave({ key: config.brave.key, baseUrl: config.brave.baseUrl, deadlineScale });
  if (config.exa.key !== null)
    return exa({ key: config.exa.key, baseUrl: config.exa.baseUrl, deadlineScale });
  return keyless ? tavily({ key: null, baseUrl, deadlineScale }) : null;
}
