import type { Connection, Dialect, ModelRequest, Target } from '../types.ts';
import { chatReasoning } from '../wires/chat-reasoning.ts';
import { OpenAiChatReader } from '../wires/openai-chat-read.ts';
import { writeOpenAiChat } from '../wires/openai-chat-write.ts';
import { openAiResponses } from '../wires/openai-responses.ts';
import { writeOpenAiResponses } from '../wires/openai-responses-write.ts';
import type { WireCodec } from '../wires/wire.ts';
import type { WrittenMessages } from '../wires/written-messages.ts';
import { claudeOverChat } from './claude-over-chat.ts';
import { heliconeHeaders } from './helicone-headers.ts';
import { commonHeaders, type UpstreamRequest } from './upstream.ts';

/**
 * The name of a model in Helicone's unified gateway, `model/provider`, or null when it has none: a slash inside the
 * model would be read as the provider ("deepseek/deepseek-chat" is refused as an unknown provider).
 */
export function gatewayModel(
  { target }: { target: Pick<Target, 'model' | 'heliconeModel'> },
  { heliconeProvider }: Connection,
): string | null {
  const name = target.heliconeModel ?? target.model;
  return heliconeProvider && !name.includes('/') ? `${name}/${heliconeProvider}` : null;
}

/** Helicone's unified gateway: one host and Helicone's key for every provider. Claude is spoken to in chat there. */
export function heliconeGateway(
  request: ModelRequest,
  connection: Connection,
  helicone: { key: string; url: string; model: string },
  written: WrittenMessages,
): UpstreamRequest {
  const dialect = { ...connection.dialect, ...request.target.dialect };
  const codec = gatewayCodec(request, helicone.model);
  return {
    route: 'helicone-gateway',
    url: helicone.url + codec.path,
    headers: () => ({
      ...commonHeaders(request),
      ...heliconeHeaders(request.context),
      authorization: `Bearer ${helicone.key}`,
    }),
    body: codec.write(request, dialect, written),
    streams: request.settings.stream !== false,
    codec,
    dialect,
    secrets: [connection.apiKey, helicone.key],
    subject: {
      provider: `${connection.label} (through Helicone)`,
      model: helicone.model,
      variable: 'HELICONE_API_KEY, and the provider key that Helicone keeps',
    },
  };
}

function gatewayCodec({ target }: ModelRequest, model: string): WireCodec {
  if (target.wire === 'anthropic-messages') return claudeOverChat(model);
  if (target.wire === 'openai-responses')
    return {
      ...openAiResponses,
      write: (request, dialect, written) => writeOpenAiResponses(request, dialect, written, model),
    };
  return chatUnderName(model);
}

function chatUnderName(model: string): WireCodec {
  return {
    path: '/chat/completions',
    headers: {},
    write(request: ModelRequest, dialect: Dialect, written) {
      const reasoning = chatReasoning(request.target, dialect);
      return writeOpenAiChat(request, dialect, { reasoning, model, scope: 'chat' }, written);
    },
    reader: (target, dialect) => new OpenAiChatReader(target, dialect, chatReasoning(target, dialect)),
  };
}
