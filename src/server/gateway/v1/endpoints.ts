import type { Wire } from '#protocol/message.ts';
import { watchChat } from '../passthrough/watch-chat.ts';
import { watchCount } from '../passthrough/watch-count.ts';
import { watchMessages } from '../passthrough/watch-messages.ts';
import { watchResponses } from '../passthrough/watch-responses.ts';
import type { WatchOptions, WireWatch } from '../passthrough/watch.ts';
import { wires } from '../wires/index.ts';

/** What a client can post to, with a model that answers. */
export interface ModelEndpoint {
  path: string;
  wire: Wire;
  /** Below the provider's base URL. */
  upstreamPath: string;
  /** Of the wire. */
  headers: Record<string, string>;
  /** Embeddings and counts are never a stream, and no other wire has them. */
  kind: 'answer' | 'embeddings' | 'count';
  watch(options: WatchOptions): WireWatch;
}

export const modelEndpoints: readonly ModelEndpoint[] = [
  endpoint('/v1/chat/completions', 'openai-chat', watchChat),
  endpoint('/v1/messages', 'anthropic-messages', watchMessages),
  endpoint('/v1/responses', 'openai-responses', watchResponses),
  {
    ...endpoint('/v1/embeddings', 'openai-chat', watchChat),
    upstreamPath: '/embeddings',
    kind: 'embeddings',
  },
  {
    ...endpoint('/v1/messages/count_tokens', 'anthropic-messages', watchCount),
    upstreamPath: '/v1/messages/count_tokens',
    kind: 'count',
  },
];

function endpoint(path: string, wire: Wire, watch: ModelEndpoint['watch']): ModelEndpoint {
  const { path: upstreamPath, headers } = wires[wire];
  return { path, wire, upstreamPath, headers, kind: 'answer', watch };
}
