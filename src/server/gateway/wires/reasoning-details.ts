/** One element of OpenRouter's `reasoning_details`: text, summary or encrypted, tied together by `index`. */
export interface ReasoningDetail {
  type?: string;
  index?: number;
  text?: string | null;
  summary?: string | null;
  data?: string | null;
  signature?: string | null;
  [key: string]: unknown;
}

/**
 * Streams send the details in pieces: pieces of the same index and type are one element whose texts are joined and whose
 * signature comes last. They must go back exactly as one array
 * (https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning-blocks).
 */
export function mergeReasoningDetails(
  known: ReasoningDetail[],
  pieces: ReasoningDetail[],
): ReasoningDetail[] {
  const merged = [...known];
  for (const piece of pieces) {
    const at = merged.findIndex(
      (detail) => piece.index !== undefined && detail.index === piece.index && detail.type === piece.type,
    );
    if (at < 0) merged.push(piece);
    else merged[at] = join(merged[at] as ReasoningDetail, piece);
  }
  return merged;
}

function join(left: ReasoningDetail, right: ReasoningDetail): ReasoningDetail {
  const given = Object.fromEntries(
    Object.entries(right).filter(([, value]) => value !== null && value !== undefined),
  );
  const joined: ReasoningDetail = { ...left, ...given };
  for (const key of ['text', 'summary', 'data'] as const) {
    if (left[key] && right[key]) joined[key] = left[key] + right[key];
  }
  return joined;
}
