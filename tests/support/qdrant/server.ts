import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Collection } from './collection.ts';
import { forms, read } from './forms.ts';
import { Refusal, refuse } from './refusal.ts';

export interface QdrantServerOptions {
  version?: string;
  /** null: nobody is asked for a key. */
  key?: string | null;
  port?: number;
  /** Instead of, or before, an answer. `lost`: it is done, and the answer never arrives. */
  fault?: (request: QdrantRequest) => QdrantFault | undefined;
}

export type QdrantFault =
  { status: number; headers?: Record<string, string> } | 'hang' | 'refuse' | 'lost' | { redirect: string };

export interface QdrantRequest {
  method: string;
  /** Without the query. */
  path: string;
  body: unknown;
  bytes: number;
  /** Counted from 1. */
  count: number;
}

/** `service.max_request_size_mb` as it is by default. */
const mostBytes = 32 * 1_048_576;

/**
 * What our store asks of Qdrant, in memory, on the loopback: collections, payload indexes, upsert, delete by filter,
 * scroll, retrieve and queries. It is given every request that the real client sends and refuses what the server's own
 * form of the API does not have. It is no Qdrant: it proves the wire and our order of requests, not ranking or speed.
 */
export async function startQdrant(options: QdrantServerOptions = {}) {
  const state: State = { options, collections: new Map(), requests: [], atOnce: { now: 0, most: 0 } };
  const server = createServer((request, response) => void serve(state, request, response));
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    ...state,
    /** From the next request on. */
    setFault(fault: NonNullable<QdrantServerOptions['fault']>) {
      state.options = { ...state.options, fault };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface State {
  options: QdrantServerOptions;
  collections: Map<string, Collection>;
  requests: QdrantRequest[];
  atOnce: { now: number; most: number };
}

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const started = performance.now();
  state.atOnce.most = Math.max(state.atOnce.most, ++state.atOnce.now);
  response.once('close', () => state.atOnce.now--);
  try {
    const known = await readRequest(state, request);
    const fault = state.options.fault?.(known);
    if (fault === 'hang') return;
    if (fault === 'refuse') return void request.socket.destroy();
    if (typeof fault === 'object') return sendFault(response, fault);
    const result = route(state, known, new URL(request.url ?? '', 'http://qdrant').searchParams);
    if (fault === 'lost') return void request.socket.destroy();
    const time = (performance.now() - started) / 1_000;
    send(response, 200, known.path === '/' ? result : { result, status: 'ok', time });
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause;
    send(response, cause.status, { status: { error: cause.message }, time: 0 });
  }
}

async function readRequest(state: State, request: IncomingMessage): Promise<QdrantRequest> {
  const { key = null } = state.options;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  if (key !== null && request.headers['api-key'] !== key) refuse('Invalid API key or JWT', 401);
  if (bytes.length > mostBytes) refuse('Payload error: JSON payload is larger than allowed', 413);
  const text = bytes.toString('utf8');
  if (/(?<!\\)(?:\\\\)*\\ud[89ab][0-9a-f]{2}(?!\\ud[c-f])/i.test(text))
    refuse('lone leading surrogate in hex escape');
  const { pathname } = new URL(request.url ?? '', 'http://qdrant');
  const known = {
    method: request.method ?? '',
    path: decodeURIComponent(pathname),
    body: text ? (JSON.parse(text) as unknown) : undefined,
    bytes: bytes.length,
    count: state.requests.length + 1,
  };
  state.requests.push(known);
  return known;
}

type Work = (name: string, body: unknown) => unknown;

function route(state: State, { method, path, body }: QdrantRequest, query: URLSearchParams): unknown {
  if (path === '/')
    return { title: 'qdrant - vector search engine', version: state.options.version ?? '1.19.0' };
  if (method === 'GET' && path === '/collections')
    return { collections: [...state.collections.keys()].map((name) => ({ name })) };
  const [, name = '', rest = ''] = /^\/collections\/([^/]+)(.*)$/.exec(path) ?? [];
  const work = worksOf(state)[`${method} ${rest}`] ?? refuse('no such address', 404);
  for (const each of query.keys()) if (each !== 'wait') refuse(`unknown parameter ${each}`);
  return work(name, body);
}

function worksOf(state: State): Record<string, Work> {
  const { collections } = state;
  const completed = { operation_id: state.requests.length, status: 'completed' };
  const at = (name: string) =>
    collections.get(name) ?? refuse(`Not found: Collection \`${name}\` doesn't exist!`, 404);
  return {
    'GET ': (name) => at(name).info(),
    'PUT ': (name, body) => {
      if (!/^[^<>:"/\\|?*\0\x1f]{1,255}$/.test(name))
        refuse(`Validation error: collection name ${name}`, 422);
      if (collections.has(name)) refuse(`Wrong input: Collection \`${name}\` already exists!`, 409);
      collections.set(name, new Collection(read(forms.create, body)));
      return true;
    },
    'PUT /index': (name, body) => {
      const { field_name: field, field_schema: schema } = read(forms.index, body);
      at(name).indexes.set(field, schema);
      return completed;
    },
    'PUT /points': (name, body) => {
      at(name).upsert(read(forms.upsert, body).points);
      return completed;
    },
    'POST /points/delete': (name, body) => {
      const collection = at(name);
      for (const { id } of collection.matching(read(forms.delete, body).filter)) collection.points.delete(id);
      return completed;
    },
    'POST /points': (name, body) => {
      const { points } = at(name);
      const found = read(forms.retrieve, body).ids.map((id) => points.get(id));
      return found.filter((point) => point !== undefined).map(({ id, payload }) => ({ id, payload }));
    },
    'POST /points/scroll': (name, body) => {
      const { filter, limit, offset } = read(forms.scroll, body);
      const all = at(name)
        .matching(filter)
        .toSorted((one, other) => (String(one.id) < String(other.id) ? -1 : 1));
      const from = offset === undefined ? 0 : all.findIndex(({ id }) => String(id) >= String(offset));
      const page = from < 0 ? [] : all.slice(from, from + limit);
      const next = from < 0 ? undefined : all[from + limit];
      return { points: page.map(({ id, payload }) => ({ id, payload })), next_page_offset: next?.id ?? null };
    },
    'POST /points/query/batch': (name, body) =>
      read(forms.batch, body).searches.map((search) => ({ points: at(name).query(search) })),
  };
}

function sendFault(response: ServerResponse, fault: Exclude<QdrantFault, string>): void {
  if ('redirect' in fault) return void response.writeHead(307, { location: fault.redirect }).end();
  for (const [name, value] of Object.entries(fault.headers ?? {})) response.setHeader(name, value);
  send(response, fault.status, { status: { error: 'injected' }, time: 0 });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
