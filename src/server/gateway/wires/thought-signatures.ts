import type { AssistantPart, Capsule, ToolCallPart } from '#protocol/message.ts';
import type { Dialect, Target } from '../types.ts';
import { openCapsule, sealCapsule } from './capsule.ts';
import type { ReasoningDetail } from './reasoning-details.ts';

/**
 * What Google puts beside a message or a call on its OpenAI-compatible endpoint, and wants back as it was
 * (https://ai.google.dev/gemini-api/docs/thought-signatures).
 */
export interface ExtraContent {
  google?: { thought_signature?: string | null; thought?: boolean | null } | null;
}

/**
 * Documented by Google for calls that the model did not make, or made without a signature. It refuses others: "Function
 * call is missing a thought_signature in functionCall parts."
 */
const placeholder = 'skip_thought_signature_validator';

const sealed = 'reasoning.encrypted';

/** The capsule of a message or call that came with a signature. */
export function signatureCapsule(extra: ExtraContent | null | undefined, target: Target): Capsule | null {
  return extra?.google?.thought_signature ? sealCapsule(target, { extra_content: extra }) : null;
}

/** What stands beside a call: its own signature, or the placeholder where the model wants one, at the first of a message. */
export function callSignature(part: ToolCallPart, isFirst: boolean, target: Target, dialect: Dialect) {
  const own = ownExtra(part.capsule, target);
  if (own) return own;
  if (!isFirst || !dialect.thoughtSignatures || dialect.reasoningDetails) return {};
  return { extra_content: { google: { thought_signature: placeholder } } };
}

/** What stands beside a message: the signature of its text. */
export function messageSignature(parts: readonly AssistantPart[], target: Target) {
  for (const part of parts) {
    const own = part.type === 'tool-call' ? null : ownExtra(part.capsule, target);
    if (own) return own;
  }
  return {};
}

/**
 * OpenRouter wants the signature among the `reasoning_details`, with the id of the message's first call: "Gemini models
 * require OpenRouter reasoning details to be preserved in each request" (https://github.com/cline/cline/issues/8214).
 * @param own details that the message has, which may be only its readable thoughts
 */
export function placeholderDetails(parts: readonly AssistantPart[], own: readonly unknown[]): object[] {
  const first = parts.find((part) => part.type === 'tool-call');
  if (!first || own.some((detail) => (detail as ReasoningDetail | null)?.type === sealed)) return [];
  const { toolCallId: id } = first;
  return [{ type: sealed, data: placeholder, format: 'google-gemini-v1', index: own.length, id }];
}

function ownExtra(capsule: Capsule | undefined, target: Target): { extra_content: ExtraContent } | null {
  const data = openCapsule(capsule, target);
  if (data === null) return null;
  const { extra_content: extra } = (JSON.parse(data) ?? {}) as { extra_content?: ExtraContent | null };
  const signature: unknown = extra?.google?.thought_signature;
  return extra && typeof signature === 'string' && signature !== '' ? { extra_content: extra } : null;
}
