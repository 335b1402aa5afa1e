import type { CheckContext, Endpoint } from '../emulator.ts';
import type { Json, Refusal } from '../refusal.ts';
import { Refusal as AnyRefusal } from '../refusal.ts';
import { chatFrames, chatWhole, type ChatStyle } from './render.ts';
import { viewChat } from './view.ts';

export interface ChatServer {
  style: ChatStyle;
  check(body: Json, context: CheckContext): void;
  errorBody(refusal: Refusal): unknown;
}

/** `POST /chat/completions` of one server. */
export function chatEndpoint({ style, check, errorBody }: ChatServer): Endpoint {
  return {
    wire: 'openai-chat',
    check,
    view: viewChat,
    frames: (reply) => chatFrames(reply, style),
    whole: (reply) => chatWhole(reply, style),
    errorFrame: (status, message) =>
      `data: ${JSON.stringify(errorBody(new AnyRefusal(message, { status, type: 'server_error' })))}\n\n`,
    textFrame: (text) =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: text }, finish_reason: null }] })}\n\n`,
  };
}
