import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable, type Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CrosspointError } from '#protocol/errors.ts';
import { PreviewServer } from '#server/preview/preview-server.ts';
import { Previews } from '#server/preview/previews.ts';
import { openSandbox } from './api/workspace.ts';
import { answerWith } from './lost-sandbox.ts';
import { Identifier, type Identity } from './auth/identify.ts';
import { LoginDesk } from './auth/login.ts';
import { Sessions } from './auth/sessions.ts';
import { readRequest, type Answer, type EndpointParts } from './endpoint.ts';
import type { EventStreams } from './event-streams.ts';
import { knownError, sendError } from './failure.ts';
import { checkBody, checkHost, checkOrigin, readPath, type Origins } from './guard.ts';
import { methodsOf, routesAt, type Route } from './routes.ts';
import { setSecurityHeaders } from './security-headers.ts';
import type { Services } from './services.ts';
import { answerGateway } from './v1.ts';
import { webSockets } from './web-sockets.ts';

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/** What the server hands on. */
export interface Listener {
  request: RequestListener;
  /** A WebSocket: the socket is the listener's from here on. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Closes the WebSockets, which no server closes by itself. */
  close(): void;
}

export interface ListenerOptions {
  services: Services;
  origins: Origins;
  port: number;
  streams: EventStreams;
  /** Serves the page's files; called for what is not the API's. */
  page: RequestListener;
}

/** Everything that the server answers: guard, then the API, then the page. */
export function createListener(options: ListenerOptions): Listener {
  const { services, port, streams } = options;
  const sessions = new Sessions(services.store.sessions, Date.now, ({ idHash }) => streams.closeOf(idHash));
  const login = new LoginDesk(services.store.sessions);
  const template = services.config.previewOrigin ?? `http://{id}.localhost:${port}`;
  const parts: EndpointParts = { ...services, sessions, login, previews: new Previews(template), port };
  const listening: Listening = {
    ...options,
    identifier: new Identifier(sessions, services.config.apiToken, port),
    parts,
    preview: previewServer(parts, options.origins),
  };
  const request: RequestListener = (request, response) => {
    // A caller who is gone is no failure of ours.
    response.on('error', (cause) => services.logger.debug({ err: cause }, 'a caller left'));
    respond(listening, request, response).catch((cause: unknown) => {
      const about = { method: request.method, path: request.url?.split('?', 1)[0] };
      if (!response.headersSent) setSecurityHeaders(response);
      sendError(response, knownError(cause, services.logger, about));
    });
  };
  return { request, ...webSockets(listening, listening.preview) };
}

/** Answers `503` to everything until the app is ready. */
export function startingListener(origins: Origins): Listener {
  const upgrade = (_request: IncomingMessage, socket: Duplex) => socket.destroy();
  return { request: startingAnswer(origins), upgrade, close: () => undefined };
}

function startingAnswer(origins: Origins): RequestListener {
  return (request, response) => {
    setSecurityHeaders(response);
    try {
      checkHost(request, origins);
      sendError(response, new CrosspointError('starting'));
    } catch (cause) {
      if (!(cause instanceof CrosspointError)) throw cause;
      sendError(response, cause);
    }
  };
}

export interface Listening extends ListenerOptions {
  identifier: Identifier;
  parts: EndpointParts;
  preview: PreviewServer;
}

function previewServer(parts: EndpointParts, { origins }: Origins): PreviewServer {
  return new PreviewServer({
    previews: parts.previews,
    appOrigins: [...origins],
    async portOf({ userId, threadId, port }) {
      const sandbox = await openSandbox(parts, { userId, id: threadId });
      return sandbox.port(port);
    },
  });
}

async function respond(
  listening: Listening,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (listening.preview.isFor(request)) return listening.preview.serve(request, response);
  checkHost(request, listening.origins);
  const path = readPath(request);
  if (/^\/v1(?:\/|$)/.test(path))
    return answerGateway(listening.services.v1, listening.origins, request, response, path);
  setSecurityHeaders(response);
  const isPage = !/^\/(?:api|auth|healthz|metrics)(?:\/|$)/.test(path);
  checkOrigin(request, listening.origins, isPage);
  if (isPage) return servePage(listening, request, response);
  const { routes, id } = routesAt(path);
  // Who is not signed in does not learn which addresses exist.
  const isOpen = routes.some(({ access }) => access === 'open');
  const identity = isOpen ? null : await signedIn(listening, request);
  const route = chooseRoute(routes, request, response);
  checkBody(request, route.bodyLimit, route.takes);
  const asked = readRequest(request, identity, id, route.bodyLimit);
  const answer = await answerWith(route.endpoint, listening.parts, asked, route.method === 'GET');
  await send(listening.streams, request, response, answer, identity);
}

/** @throws `unauthorized` for nobody */
async function signedIn({ identifier }: Listening, request: IncomingMessage): Promise<Identity> {
  const identity = await identifier.identify(request);
  if (!identity) throw new CrosspointError('unauthorized');
  return identity;
}

/** @throws `not_found`, or `method_not_allowed` with the `Allow` header set */
function chooseRoute(routes: readonly Route[], request: IncomingMessage, response: ServerResponse): Route {
  if (routes.length === 0) throw new CrosspointError('not_found', { what: 'address' });
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const route = routes.find((candidate) => candidate.method === method);
  if (!route) throw refuseMethod(methodsOf(routes), request, response);
  return route;
}

function refuseMethod(allowed: string, request: IncomingMessage, response: ServerResponse): CrosspointError {
  response.setHeader('allow', allowed);
  return new CrosspointError('method_not_allowed', { method: String(request.method) });
}

function servePage({ page }: Listening, request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    throw refuseMethod('GET, HEAD', request, response);
  checkBody(request, 0);
  page(request, response);
}

/** Nothing of the API is ever kept by a cache. */
async function send(
  streams: EventStreams,
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  identity: Identity | null,
): Promise<void> {
  if ('body' in answer) {
    const text = JSON.stringify(answer.body);
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
      ...answer.headers,
    });
    response.end(text);
    return;
  }
  if ('text' in answer) {
    response.writeHead(200, { 'cache-control': 'no-store', ...answer.headers });
    if (request.method === 'HEAD') return void response.end();
    if (typeof answer.text === 'string') return void response.end(answer.text);
    return pipeline(Readable.from(answer.text), response).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw cause;
    });
  }
  const session = identity?.session?.idHash;
  if (request.method !== 'HEAD') return streams.send(response, answer.events, answer.isLast, session);
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.end();
}
