import { randomUUID } from 'node:crypto';
import type { RequestContext } from '../types.ts';

/**
 * What Helicone's dashboards group by (docs.helicone.ai/helicone-headers/header-directory). Sent on Helicone routes only;
 * Helicone removes every `helicone-*` header before the provider.
 */
export function heliconeHeaders(context: RequestContext): Record<string, string> {
  const headers: Record<string, string> = {
    // Version 4: Helicone replaces ids of version 7 by its own.
    'helicone-request-id': randomUUID(),
    'helicone-user-id': headerText(context.userId),
    'helicone-property-app': 'crosspoint',
  };
  if (context.threadId) {
    headers['helicone-session-id'] = headerText(context.threadId);
    headers['helicone-session-path'] = '/agent';
    headers['helicone-session-name'] = headerText(context.sessionName ?? '') || 'Untitled';
  }
  if (context.runId) headers['helicone-property-run'] = headerText(context.runId);
  for (const [name, value] of Object.entries(context.properties ?? {})) {
    const token = name.toLowerCase().replaceAll(/[^a-z0-9-]+/g, '-');
    if (token) headers[`helicone-property-${token}`] = headerText(value);
  }
  return headers;
}

/** Header values are printable ASCII: other characters are percent-encoded, line ends become spaces. 200 at most. */
function headerText(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim().slice(0, 200);
  return line.replaceAll(/[^\x20-\x7e]+/g, (part) => encodeURIComponent(part.toWellFormed())).slice(0, 600);
}
