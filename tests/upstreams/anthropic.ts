import type { Emulator, Endpoint } from './emulator.ts';
import { checkMessagesBody } from './messages/check.ts';
import { messagesFrames, messagesWhole } from './messages/render.ts';
import { viewMessages } from './messages/view.ts';
import { bearerKey } from './openai.ts';
import { refuse, Refusal } from './refusal.ts';

/** `POST /v1/messages`; also what Helicone's gateway sends there after its translation. */
export const messagesEndpoint: Endpoint = {
  wire: 'anthropic-messages',
  check: checkMessagesBody,
  view: viewMessages,
  frames: messagesFrames,
  whole: messagesWhole,
  errorFrame: (status, message) => {
    const type = errorTypes[status] ?? 'api_error';
    return `event: error\ndata: ${JSON.stringify(errorBody(new Refusal(message, { status, type })))}\n\n`;
  },
  textFrame: (text) => {
    const event = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } };
    return `event: content_block_delta\ndata: ${JSON.stringify(event)}\n\n`;
  },
};

/**
 * api.anthropic.com (docs.claude.com/en/api/messages, /build-with-claude/extended-thinking, /agents-and-tools/tool-use,
 * /api/errors), with the error texts of public issues.
 */
export const anthropic: Emulator = {
  name: 'anthropic',
  endpoints: { '/v1/messages': messagesEndpoint },
  documents: (models) => ({
    '/v1/models': { data: models.map((id) => ({ id, type: 'model', display_name: id })), has_more: false },
  }),
  // The official client of 2026 sends its key as a bearer token.
  keyOf: (headers) => headers['x-api-key'] ?? bearerKey(headers),
  checkHeaders(headers) {
    if (!headers['anthropic-version']) refuse('anthropic-version: header is required');
    const version = headers['anthropic-version'];
    if (!versions.includes(version)) refuse(`anthropic-version: "${version}" is not a valid version`);
  },
  errorBody,
  badKey: (given) =>
    new Refusal(given === null ? 'x-api-key header is required' : 'invalid x-api-key', {
      status: 401,
      type: 'authentication_error',
    }),
  unknownModel: (model) => new Refusal(`model: ${model}`, { status: 404, type: 'not_found_error' }),
};

/** The one that everybody sends, and the one of the official client of 2026. */
const versions = ['2023-06-01', '2026-10-21'];

const errorTypes: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  529: 'overloaded_error',
};

function errorBody({ message, status, type }: Refusal): object {
  const named = type === 'invalid_request_error' ? (errorTypes[status] ?? type) : type;
  return { type: 'error', error: { type: named, message }, request_id: 'req_emulated' };
}
