import type { AssistantPart, ReasoningPart, ToolCallPart } from '#protocol/message.ts';
import type { Dialect, Effort, ModelRequest, Target } from '../types.ts';
import { openCapsule, sealCapsule } from './capsule.ts';
import { commonEfforts, effortName } from './efforts.ts';
import type { ReasoningDetail } from './reasoning-details.ts';
import { callSignature, messageSignature, placeholderDetails } from './thought-signatures.ts';

/** OpenRouter maps each to what the model knows. */
const routerEfforts: readonly Effort[] = ['minimal', 'low', 'medium', 'high', 'xhigh'];

/** How one chat-completions server is asked for reasoning, gives it and gets it back: the wire itself has no rule. */
export interface ChatReasoning {
  settings(request: ModelRequest): Record<string, unknown>;
  /** Fields of an assistant message in the request. */
  fields(parts: readonly AssistantPart[]): Record<string, unknown>;
  /** Fields of a call in the request. */
  callFields?(part: ToolCallPart, isFirst: boolean): Record<string, unknown>;
  parts(text: string, details: ReasoningDetail[]): ReasoningPart[];
}

/** OpenAI, Groq, OpenRouter, Kimi, DeepSeek and compatible servers, told apart by their dialect. */
export function chatReasoning(target: Target, dialect: Dialect): ChatReasoning {
  return {
    settings: (request) => (target.capabilities.reasoning ? reasoningSettings(request, dialect) : {}),
    fields: (parts) =>
      dialect.reasoningBack === false
        ? {}
        : {
            ...detailsField(parts, target, dialect),
            ...contentField(parts, target, dialect),
            ...messageSignature(parts, target),
          },
    callFields: (part, isFirst) => callSignature(part, isFirst, target, dialect),
    parts: (text, details) => reasoningParts(text, details, target, dialect),
  };
}

function reasoningSettings(request: ModelRequest, dialect: Dialect): Record<string, unknown> {
  const effort = request.suppressReasoning ? 'off' : request.settings.reasoningEffort;
  const format = dialect.reasoningFormat ? { reasoning_format: dialect.reasoningFormat } : {};
  if (!effort) return format;
  if (dialect.reasoningDetails)
    return {
      reasoning:
        effort === 'off' ? { enabled: false } : { effort: effortName(effort, dialect, routerEfforts) },
    };
  const named = dialect.efforts?.[effort];
  if (named) return { ...format, reasoning_effort: named };
  // Groq's models with a format are its Qwen models, which know only these two efforts.
  if (dialect.reasoningFormat) return { ...format, reasoning_effort: effort === 'off' ? 'none' : 'default' };
  // Kimi and DeepSeek choose by the model's name; OpenAI's models all know `low`, not all `none`.
  return dialect.reasoningContent
    ? {}
    : { reasoning_effort: effort === 'off' ? 'low' : effortName(effort, dialect, commonEfforts) };
}

/** OpenRouter wants the whole sequence back as it came (openrouter.ai/docs/use-cases/reasoning-tokens). */
function detailsField(parts: readonly AssistantPart[], target: Target, dialect: Dialect) {
  if (!dialect.reasoningDetails) return {};
  const details = parts.flatMap((part) => {
    const data = part.type === 'reasoning' ? openCapsule(part.capsule, target) : null;
    const given: unknown = data === null ? null : JSON.parse(data);
    return Array.isArray(given) ? given.filter(isObject) : [];
  });
  const stand = dialect.thoughtSignatures ? placeholderDetails(parts, details) : [];
  return details.length + stand.length ? { reasoning_details: [...details, ...stand] } : {};
}

/**
 * Kimi and DeepSeek want all answers of a turn with calls to have it, the last one too, and those that another model wrote:
 * "The `reasoning_content` in the thinking mode must be passed back to the API" (api-docs.deepseek.com/guides/thinking_mode,
 * openclaw/openclaw#73417). In turns without calls they pass over it.
 */
function contentField(parts: readonly AssistantPart[], target: Target, dialect: Dialect) {
  if (!dialect.reasoningContent || !target.capabilities.reasoning) return {};
  const text = parts
    .map((part) => (part.type === 'reasoning' ? part.text || ownText(part, target) : ''))
    .join('');
  return { reasoning_content: text.trim() === '' ? '(none)' : text };
}

/** Through clients that keep only the last piece of what they do not know, the text comes back in its capsule alone. */
function ownText({ capsule }: ReasoningPart, target: Target): string {
  const data = openCapsule(capsule, target);
  const kept = (data === null ? null : JSON.parse(data)) as { reasoning_content?: unknown } | null;
  const text = kept?.reasoning_content;
  return typeof text === 'string' ? text : '';
}

function reasoningParts(
  text: string,
  details: ReasoningDetail[],
  target: Target,
  dialect: Dialect,
): ReasoningPart[] {
  const part: ReasoningPart = { type: 'reasoning', text };
  if (dialect.reasoningDetails && details.length) return [{ ...part, capsule: sealCapsule(target, details) }];
  if (text === '') return [];
  return [
    dialect.reasoningContent ? { ...part, capsule: sealCapsule(target, { reasoning_content: text }) } : part,
  ];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
