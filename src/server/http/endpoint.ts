import type { IncomingMessage } from 'node:http';
import type * as v from 'valibot';
import type { ThreadEvent } from '#protocol/events.ts';
import type { Identity } from './auth/identify.ts';
import type { LoginDesk } from './auth/login.ts';
import type { Sessions } from './auth/sessions.ts';
import type { EventSource } from './event-streams.ts';
import { tooLarge } from './guard.ts';
import type { Previews } from '#server/preview/previews.ts';
import { readCommand } from './read-json.ts';
import type { Services } from './services.ts';

/** What an endpoint works with. */
export interface EndpointParts extends Services {
  sessions: Sessions;
  login: LoginDesk;
  previews: Previews;
  /** The port is in the cookie's name. */
  port: number;
}

/** A request that has passed the guard. */
export interface ApiRequest {
  /** Empty on open routes. */
  userId: string;
  /** null on open routes. */
  identity: Identity | null;
  /** The `{id}` of the path; empty where there is none. */
  id: string;
  query: URLSearchParams;
  /** The value of a header, or undefined. */
  header(name: string): string | undefined;
  /** @throws `bad_json`, `bad_request`, `too_large` */
  command<Schema extends v.GenericSchema>(schema: Schema): Promise<v.InferOutput<Schema>>;
  /** The body of a route that takes bytes. @throws `too_large` while it is read */
  bytes(): AsyncIterable<Uint8Array>;
}

/** A JSON body, a text or bytes that are made while they are sent, or a stream of events that ends after the one for which `isLast` is true. */
export type Answer =
  | { body: object; headers?: Record<string, string> }
  | { text: string | AsyncIterable<string | Uint8Array>; headers: Record<string, string> }
  | { events: EventSource; isLast?: (event: ThreadEvent) => boolean };

/** One endpoint. A failure is thrown as `CrosspointError`; the listener answers with it. */
export type Endpoint = (parts: EndpointParts, request: ApiRequest) => Promise<Answer> | Answer;

/** @param bodyLimit bytes of the body that are taken */
export function readRequest(
  request: IncomingMessage,
  identity: Identity | null,
  id: string,
  bodyLimit: number,
): ApiRequest {
  const target = request.url ?? '';
  const question = target.indexOf('?');
  return {
    userId: identity?.userId ?? '',
    identity,
    id,
    query: new URLSearchParams(question === -1 ? '' : target.slice(question + 1)),
    header(name) {
      const value = request.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
    command: (schema) => readBody(request, schema, bodyLimit),
    bytes: () => readBytes(request, bodyLimit),
  };
}

/** The rest of a body that is refused is let through to nowhere: a cut connection would take the answer with it. */
async function readBody<Schema extends v.GenericSchema>(
  request: IncomingMessage,
  schema: Schema,
  limit: number,
): Promise<v.InferOutput<Schema>> {
  try {
    return await readCommand(request.iterator({ destroyOnReturn: false }), schema, limit);
  } finally {
    request.resume();
  }
}

async function* readBytes(request: IncomingMessage, limit: number): AsyncGenerator<Uint8Array> {
  let read = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      read += chunk.byteLength;
      if (read > limit) throw tooLarge(limit);
      yield chunk;
    }
  } finally {
    request.resume();
  }
}
