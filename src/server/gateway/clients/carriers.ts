import type { AssistantPart, ReasoningPart } from '#protocol/message.ts';
import type { Envelope } from './envelope.ts';

/**
 * What a client has to keep of an answer beside what it was shown, as envelopes.
 * @param shown reasoning whose capsule the client has already
 * @param ids under which the client knows the calls, in their order
 */
export function carriers(
  parts: readonly AssistantPart[],
  shown: readonly ReasoningPart[],
  ids: readonly string[],
): Envelope[] {
  const reasons = parts.some(({ type, capsule }) => type === 'reasoning' && capsule);
  const counts = { text: 0, call: 0 };
  return parts.flatMap((part, at): Envelope[] => {
    const { capsule } = part;
    const text = part.type === 'text' ? counts.text++ : 0;
    const call = part.type === 'tool-call' ? counts.call++ : 0;
    if (!capsule) return [];
    if (part.type === 'reasoning')
      return shown.some((known) => known.capsule?.data === capsule.data) ? [] : [{ capsule, at }];
    // OpenAI wants an item's id back only with the reasoning before it; a phase always.
    const isIdOnly = capsule.wire === 'openai-responses' && !capsule.data.includes('"phase"');
    if (isIdOnly && !reasons) return [];
    return [{ capsule, of: part.type === 'text' ? { text } : { call: ids[call] ?? '' } }];
  });
}
