import { checkChat, commonRules } from './chat/check.ts';
import { callIds } from './chat/call-ids.ts';
import { chatEndpoint } from './chat/endpoint.ts';
import { chatUsage, type ChatStyle } from './chat/render.ts';
import type { CheckContext, Emulator, Reply } from './emulator.ts';
import { bearerKey } from './openai.ts';
import { objects, refuse, Refusal, type Json } from './refusal.ts';
import { decrypt, encrypt, isSignedBy, sign } from './seal.ts';
import { pieces, usageOf } from './script.ts';

/**
 * openrouter.ai: chat completions with `reasoning_details` that go back to the model that issued them
 * (openrouter.ai/docs/use-cases/reasoning-tokens), the cost in the usage, comments in the stream, errors inside a 200.
 */
export const openrouter: Emulator = {
  name: 'openrouter',
  endpoints: {
    '/api/v1/chat/completions': chatEndpoint({ style: style(), check: checkOpenRouter, errorBody }),
  },
  documents: (models) => ({
    '/api/v1/models': { data: models.map((id) => ({ id, name: id, context_length: 128_000, pricing: {} })) },
  }),
  keyOf: bearerKey,
  errorBody,
  badKey: (given) =>
    new Refusal(given === null ? 'No auth credentials found' : 'User not found.', { status: 401 }),
  unknownModel: (model) => new Refusal(`${model} is not a valid model ID`, { status: 400 }),
};

export function checkOpenRouter(body: Json, context: CheckContext): void {
  const rules = commonRules('openrouter', context.model);
  const { assistant = [], tool = [], user = [], system = [] } = rules.messageKeys;
  checkChat(body, {
    ...rules,
    messageKeys: {
      ...rules.messageKeys,
      system: [...system, 'cache_control'],
      user: [...user, 'cache_control'],
      tool: [...tool, 'name', 'cache_control'],
      // `reasoning_content` is another name for `reasoning`.
      assistant: [...assistant, 'reasoning', 'reasoning_content', 'reasoning_details', 'cache_control'],
    },
    partKeys: ['cache_control'],
  });
  const messages = body.messages as Json[];
  messages.forEach((message, index) => {
    if (message.reasoning_details !== undefined) checkDetails(message.reasoning_details, index, context);
  });
  if (context.traits.callIds === 'gemini') checkGeminiLoop(messages, context);
}

function checkDetails(value: unknown, index: number, { provider, model }: CheckContext): void {
  const details = objects(value, () =>
    refuse(`messages[${index}].reasoning_details: expected an array of objects`),
  );
  for (const detail of details) {
    if (detail.type === 'reasoning.encrypted') {
      if (/gemini/.test(model) && detail.data === placeholder) continue;
      if (decrypt(detail.data, provider, model) === null) badSignature(index);
    } else if (detail.type === 'reasoning.text') {
      const { signature, text } = detail;
      if (signature === undefined || signature === null) {
        if (/claude/.test(model)) badSignature(index);
      } else if (!isSignedBy(signature, provider, model, String(text))) badSignature(index);
    } else if (detail.type !== 'reasoning.summary') {
      refuse(`messages[${index}].reasoning_details: Invalid discriminator value`);
    }
  }
}

function badSignature(index: number): never {
  refuse(`messages.${index}.content.0: Invalid \`signature\` in \`thinking\` block`);
}

/** Google's, for calls that the model did not make. */
const placeholder = 'skip_thought_signature_validator';

/**
 * "Gemini models require OpenRouter reasoning details to be preserved in each request": with every message of the open turn
 * that has calls; its own must come back, for those of others the placeholder stands, with the id of the first call.
 */
function checkGeminiLoop(messages: readonly Json[], { model, issued }: CheckContext): void {
  const turn = messages.slice(messages.findLastIndex(({ role }) => role === 'user') + 1);
  for (const { tool_calls: calls, reasoning_details: details } of turn) {
    if (!Array.isArray(calls)) continue;
    const [first] = calls as Json[];
    const own = issued.isCallOf(String(first?.id), model);
    const sealed = (Array.isArray(details) ? (details as Json[]) : []).find(
      ({ type }) => type === 'reasoning.encrypted',
    );
    const stands = sealed?.data === placeholder;
    const isWanted = own || !/gemini-[12]\b/.test(model);
    if (isWanted && (!sealed || (stands && (own || sealed.id !== first?.id))))
      refuse(
        'Gemini models require OpenRouter reasoning details to be preserved in each request. Please refer to our docs: https://openrouter.ai/docs/guides/best-practices/reasoning-tokens#preserving-reasoning-blocks.',
      );
  }
}

function style(): ChatStyle {
  return {
    idPrefix: 'gen-',
    comment: 'OPENROUTER PROCESSING',
    reasoningDeltas,
    reasoningFields(reply) {
      const details = wholeDetails(reply);
      return {
        reasoning: reply.answer.reasoning ?? null,
        ...(details.length ? { reasoning_details: details } : {}),
      };
    },
    usage: (reply) => {
      const { cost } = usageOf(reply.answer, reply.bodyText);
      return {
        ...chatUsage(reply),
        cost: cost ?? 0.0001,
        is_byok: false,
        cost_details: { upstream_inference_cost: null },
      };
    },
    // The usage comes always, with the last chunk that has a choice.
    usageChunks: (usage, base, finish) => [
      finish,
      {
        ...base,
        choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }],
        usage,
      },
    ],
  };
}

function reasoningDeltas(reply: Reply): object[] {
  const { asked, answer } = reply;
  const format = formatOf(asked.model);
  const told = pieces(answer.reasoning ?? '').map((text) => ({
    reasoning: text,
    reasoning_details: [{ type: 'reasoning.text', text, format, index: 0 }],
  }));
  const [signed] = wholeDetails(reply).filter(({ type }) => type === 'reasoning.text');
  const { signature } = signed ?? {};
  const sealed = signature
    ? [{ reasoning_details: [{ type: 'reasoning.text', signature, format, index: 0 }] }]
    : [];
  const hidden = wholeDetails(reply).filter(({ type }) => type === 'reasoning.encrypted');
  return [...told, ...sealed, ...(hidden.length ? [{ reasoning_details: hidden }] : [])];
}

interface Detail {
  type: string;
  signature?: string;
  [key: string]: unknown;
}

/** Claude signs its text; Gemini and OpenAI's models give an encrypted piece, Gemini with every call. */
function wholeDetails(reply: Reply): Detail[] {
  const { asked, answer } = reply;
  const { provider, model } = asked;
  const format = formatOf(model);
  const text = answer.reasoning;
  const signature = text && /claude/.test(model) ? { signature: sign(provider, model, text) } : {};
  const told = text ? [{ type: 'reasoning.text', text, format, index: 0, ...signature }] : [];
  const encrypts = (/gemini/.test(model) && answer.calls?.length) || (/openai\//.test(model) && text);
  if (!encrypts) return told;
  const data = encrypt(provider, model, `${asked.number}:${text ?? ''}`);
  const [id] = callIds(reply);
  return [...told, { type: 'reasoning.encrypted', data, format, index: told.length, ...(id ? { id } : {}) }];
}

function formatOf(model: string): string {
  if (/claude/.test(model)) return 'anthropic-claude-v1';
  if (/gemini/.test(model)) return 'google-gemini-v1';
  return /openai\//.test(model) ? 'openai-responses-v1' : 'unknown';
}

/** What the provider behind it said comes as text in `metadata.raw`. */
function errorBody({ message, status, type }: Refusal): object {
  if (status !== 400) return { error: { message, code: status } };
  const raw = JSON.stringify({ error: { message, type } });
  return {
    error: { message: 'Provider returned error', code: status, metadata: { raw, provider_name: 'Emulated' } },
    user_id: 'user_emulated',
  };
}
