import type { Capsule, Message } from '#protocol/message.ts';
import type { Target } from '#server/gateway/types.ts';

/**
 * A capsule goes back only to the exact provider, wire and model that issued it. Anthropic verifies signatures per
 * model ("Invalid `signature` in `thinking` block"), OpenAI decrypts reasoning only for the issuing model and
 * organisation ("The encrypted content … could not be verified").
 */
export function isIssuer(capsule: Capsule, target: Target): boolean {
  return (
    capsule.provider === target.provider && capsule.wire === target.wire && capsule.model === target.model
  );
}

/** Whether this very target wrote the message. */
export function isAuthor(message: Message, target: Target): boolean {
  return (
    message.provider === target.provider && message.model === target.model && message.wire === target.wire
  );
}
