import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { CrosspointError } from '#protocol/errors.ts';
import type { PreviewServer } from '#server/preview/preview-server.ts';
import { readTerminalQuery, TerminalSockets } from '#server/terminal/terminal-socket.ts';
import { openSandbox, threadOf } from './api/workspace.ts';
import type { EndpointParts } from './endpoint.ts';
import type { Identifier } from './auth/identify.ts';
import { knownError } from './failure.ts';
import { checkHost, checkOrigin, readPath, type Origins } from './guard.ts';
import { isLost } from './lost-sandbox.ts';

/** What a WebSocket is checked against; the same as for every other request. */
export interface SocketParts {
  origins: Origins;
  identifier: Identifier;
  parts: EndpointParts;
}

/** The WebSockets of the server: terminals, and whatever the previews have. */
export function webSockets(listening: SocketParts, preview: PreviewServer) {
  const terminals = new TerminalSockets(listening.parts.terminals);
  return {
    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
      socket.on('error', () => socket.destroy());
      if (preview.isFor(request)) return void preview.upgrade(request, socket, head);
      openTerminal(listening, terminals, request, socket, head).catch((cause: unknown) => {
        refuse(socket, knownError(cause, listening.parts.logger, { path: 'a terminal' }));
      });
    },
    close(): void {
      terminals.closeAll();
      preview.closeSockets();
    },
  };
}

/** A browser sends Origin with every WebSocket, so a page of another site is refused before it is asked who it is. */
async function openTerminal(
  { origins, identifier, parts }: SocketParts,
  terminals: TerminalSockets,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  checkHost(request, origins);
  checkOrigin(request, origins, false);
  const id = /^\/api\/threads\/([A-Za-z0-9_-]{1,100})\/terminal$/.exec(readPath(request))?.[1];
  if (id === undefined) throw new CrosspointError('not_found', { what: 'address' });
  const identity = await identifier.identify(request);
  if (!identity) throw new CrosspointError('unauthorized');
  const thread = await threadOf(parts, { userId: identity.userId, id });
  const query = new URLSearchParams(request.url?.split('?')[1] ?? '');
  const about = { userId: identity.userId, id };
  const accept = () =>
    terminals.accept(
      readTerminalQuery(thread.id, query),
      () => openSandbox(parts, about),
      request,
      socket,
      head,
    );
  // Nothing was answered yet, so a terminal opens in the sandbox that takes the place of a lost one.
  await accept().catch(async (cause: unknown) => {
    if (!(await isLost(parts, about, cause))) throw cause;
    await accept();
  });
}

function refuse(socket: Duplex, error: CrosspointError): void {
  const body = JSON.stringify(error.toBody());
  const headers = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`;
  // No server closes a socket that was to be upgraded.
  socket.end(`HTTP/1.1 ${error.status} Refused\r\n${headers}\r\n\r\n${body}`, () => socket.destroy());
}
