import { createWebProvider, type WebConfig } from './create-provider.ts';
import { createPageFetcher } from './direct/fetch-page.ts';
import { Web, type WebParts } from './web.ts';

/** null: no search engine is configured, so the tools of the web are not there. */
export function openWeb(
  config: WebConfig,
  parts: Pick<WebParts, 'ledger' | 'secrets'> & { version: string },
): Web | null {
  const provider = createWebProvider(config);
  if (!provider) return null;
  const { version, ...rest } = parts;
  const fetchPage = createPageFetcher({ deadlineScale: config.deadlineScale, version });
  return new Web({ provider, fetchPage, ...rest });
}
