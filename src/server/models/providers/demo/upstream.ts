import type { EmbeddedUpstream } from '#server/gateway/types.ts';
import { chatEvents } from './chat-stream.ts';
import { chatCompletion } from './chat-whole.ts';
import { readChatRequest } from './chat-request.ts';
import { RefusedRequest } from './conversation.ts';
import { messagesEvents } from './messages-stream.ts';
import { wholeMessage } from './messages-whole.ts';
import { readMessagesRequest } from './messages-request.ts';
import { paced, roughTokens } from './pieces.ts';
import { nextStep } from './script.ts';

type Response = Awaited<ReturnType<EmbeddedUpstream['respond']>>;

/** Between two pieces of an answer, so that the demo reads like a stream; the whole stays quick. */
const pauseForTheEyeMs = 12;

/** The two scripted models as their APIs: bytes in, bytes out, nothing remembered between two requests. */
export function demoUpstream(pauseMs = pauseForTheEyeMs): EmbeddedUpstream {
  return { respond: (path, body, signal) => Promise.resolve(respond(path, body, signal, pauseMs)) };
}

function respond(path: string, body: string, signal: AbortSignal, pauseMs: number): Response {
  const api = apis[path];
  if (!api) return refusal(new RefusedRequest(`Unknown path: ${path}`, 404, 'not_found_error'), openAiError);
  try {
    const answer = api.answer(body);
    if (!('streamed' in answer)) return json(200, answer.whole);
    return {
      status: 200,
      headers: { 'content-type': 'text/event-stream; charset=utf-8' },
      body: paced(answer.streamed, pauseMs, signal),
    };
  } catch (cause) {
    if (cause instanceof RefusedRequest) return refusal(cause, api.errorBody);
    if (cause instanceof SyntaxError)
      return refusal(new RefusedRequest('We could not parse the JSON body of your request.'), api.errorBody);
    throw cause;
  }
}

type ErrorBody = (refused: RefusedRequest) => object;

interface Api {
  answer(body: string): { streamed: Iterable<string> } | { whole: object };
  errorBody: ErrorBody;
}

const openAiError: ErrorBody = ({ message, kind, status }) => ({
  error: { message, type: kind, param: null, code: status === 404 ? 'model_not_found' : null },
});

const anthropicError: ErrorBody = ({ message, kind }) => ({ type: 'error', error: { type: kind, message } });

const apis: Readonly<Record<string, Api>> = {
  '/chat/completions': {
    errorBody: openAiError,
    answer(body) {
      const { model, streams, includeUsage, conversation } = readChatRequest(body);
      if (model !== 'scripted-chat')
        throw new RefusedRequest(`The model \`${model}\` does not exist.`, 404, 'invalid_request_error');
      const step = nextStep(conversation);
      const answer = { model, includeUsage, inputTokens: roughTokens(body) };
      return streams ? { streamed: chatEvents(step, answer) } : { whole: chatCompletion(step, answer) };
    },
  },
  '/v1/messages': {
    errorBody: anthropicError,
    answer(body) {
      const { model, streams, thinks, conversation } = readMessagesRequest(body);
      if (model !== 'scripted-messages') throw new RefusedRequest(`model: ${model}`, 404, 'not_found_error');
      const step = nextStep(conversation);
      const answer = { model, thinks, inputTokens: roughTokens(body) };
      return streams ? { streamed: messagesEvents(step, answer) } : { whole: wholeMessage(step, answer) };
    },
  },
};

function refusal(refused: RefusedRequest, errorBody: ErrorBody): Response {
  return json(refused.status, errorBody(refused));
}

function json(status: number, body: object): Response {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: (async function* () {
      yield bytes;
    })(),
  };
}
