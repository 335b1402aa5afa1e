import type { AssistantPart, Message } from '#protocol/message.ts';
import type { Target } from '#server/gateway/types.ts';
import { isStoredOnly } from '#server/gateway/wires/stored-items.ts';
import { isAuthor, isIssuer } from './issuer.ts';
import type { Tally } from './report.ts';

/**
 * Reasoning goes back only to its issuer; for everybody else it is left out of the request and stays in the record.
 * It is never flattened into text: models imitate it, and Claude refused such histories (can1357/oh-my-pi#7241).
 *
 * Refusals this prevents:
 * - Anthropic: "messages.1.content.0: Invalid `signature` in `thinking` block"
 * - OpenAI Responses: "Item 'rs_…' of type 'reasoning' was provided without its required following item."
 * - Any, for seals of another key or behind a changed beginning: see `agent/refused-seals.ts`
 * - OpenRouter, Gemini 3: "Gemini models require OpenRouter reasoning details to be preserved"
 */
export function projectReasoning(
  message: Message,
  target: Target,
  tally: Tally,
  isRefused = false,
): AssistantPart[] {
  const own = isAuthor(message, target);
  const parts: AssistantPart[] = [];
  for (const part of message.parts as AssistantPart[]) {
    if (part.type !== 'reasoning') parts.push(withoutForeignCapsule(part, target, isRefused));
    else if (message.status === 'partial')
      tally.dropped('reasoning', 'of an answer that was stopped: it may be incomplete');
    else if (own && part.capsule && isRefused)
      tally.dropped('reasoning', `${target.provider} refused to take it back; it stays in the record`);
    else if (own && part.capsule && isIssuer(part.capsule, target) && isStoredOnly(part.capsule)) {
      tally.dropped(
        'reasoning',
        `${target.provider} stored it for the key that asked, and only there it can be read`,
      );
      // Without its capsule it still tells that the ids of this answer may not go out.
      parts.push({ type: 'reasoning', text: part.text });
    } else if (own && (!part.capsule || isIssuer(part.capsule, target))) parts.push(part);
    else tally.dropped('reasoning', `only ${authorOf(message)} can read its own; it stays in the record`);
  }
  return withoutTrailingReasoning(parts);
}

function withoutForeignCapsule(part: AssistantPart, target: Target, isRefused: boolean): AssistantPart {
  if (!part.capsule || (isIssuer(part.capsule, target) && !isRefused)) return part;
  const { capsule: _left, ...rest } = part;
  return rest;
}

/** A reasoning item that nothing follows is refused by Responses, and Anthropic refuses a last block of thinking. */
function withoutTrailingReasoning(parts: AssistantPart[]): AssistantPart[] {
  const last = parts.findLastIndex((part) => part.type !== 'reasoning');
  return last === parts.length - 1 ? parts : parts.slice(0, last + 1);
}

/** An imported answer may not say who wrote it. */
function authorOf({ provider, model }: Message): string {
  return provider && model ? `${provider}/${model}` : 'the model that wrote it';
}
