import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestListener } from './listener.ts';

type PageHandler = (request: IncomingMessage, response: ServerResponse, next: () => void) => unknown;

/** SvelteKit takes every request for https unless a header of this name says otherwise. */
const protocolHeader = 'x-crosspoint-protocol';

/**
 * The page of a build of SvelteKit's adapter-node: files, and HTML without any data in it.
 * @param folder where the build is
 */
export async function openPage(folder: string): Promise<RequestListener> {
  const file = `${folder}/handler.js`;
  if (!existsSync(file))
    return (_request, response) => sendText(response, 'The page is not built. Run: npm run build');
  // The adapter reads it when it is imported.
  process.env.PROTOCOL_HEADER = protocolHeader;
  const { handler } = (await import(pathToFileURL(file).href)) as { handler: PageHandler };
  return (request, response) => {
    request.headers[protocolHeader] = 'http';
    const done = Promise.resolve(
      handler(request, response, () => sendText(response, 'There is no such page.')),
    );
    // What went wrong is Kit's to report; the caller must not wait for ever.
    done.catch((cause: unknown) => response.destroy(cause as Error));
  };
}

function sendText(response: ServerResponse, text: string): void {
  response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}
