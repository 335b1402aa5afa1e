import type { ErrorSubject } from '../errors/classify-error.ts';
import type { Dialect, EmbeddedUpstream, ModelRequest } from '../types.ts';
import type { WireCodec } from '../wires/wire.ts';

export type RouteName = 'direct' | 'helicone-proxy' | 'helicone-gateway' | 'embedded';

/** One request, ready to be sent any number of times over one route. */
export interface UpstreamRequest {
  route: RouteName;
  /** Of the connection's own origin: a key never goes anywhere else. */
  url: string;
  /** Made anew for each attempt: an attempt has an id of its own. */
  headers(): Record<string, string>;
  body: string;
  /** The answer is asked for as a stream. */
  streams: boolean;
  codec: WireCodec;
  dialect: Dialect;
  embedded?: EmbeddedUpstream;
  /** Known secrets, to be removed from every error text. */
  secrets: (string | null)[];
  subject: ErrorSubject;
}

/** A way to the model; the body is written only when it is taken. */
export interface Route {
  name: RouteName;
  prepare(request: ModelRequest): UpstreamRequest;
}

export interface UpstreamResponse {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: AsyncIterable<Uint8Array>;
  /** Reads what is left, briefly and in the background, so that the connection can serve the next request. */
  release(): void;
}

export function commonHeaders({ settings }: ModelRequest): Record<string, string> {
  return {
    'content-type': 'application/json',
    accept: settings.stream === false ? 'application/json' : 'text/event-stream',
    'accept-encoding': 'identity',
    'user-agent': 'crosspoint',
  };
}
