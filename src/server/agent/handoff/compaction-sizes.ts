/** Tokens of requests to the model that a compaction is for. */
export interface CompactionSizes {
  /** The request as it is now has no room. */
  isNeeded: boolean;
  /** What a request may have. */
  room: number;
  /** What one should have afterwards. */
  goal: number;
  /** Of them, for the text that stands for what is left out. */
  textTokens: number;
}

/** Of the room beside the system prompt and the tools: what is in use afterwards, where the whole did not fit. */
const goalShare = 0.5;
/** Of what the whole conversation has: what is in use afterwards, where a person just wants it shorter. */
const shorterShare = 0.3;
const textShare = 0.2;
const textTokens = { least: 60, most: 4_000 };

/**
 * @param fixed tokens of the system prompt and the tools
 * @param tokens of the request as it is now
 * @param room tokens that a request may have; endless where nobody knows
 */
export function compactionSizes(fixed: number, tokens: number, room: number): CompactionSizes {
  const isNeeded = tokens > room;
  const most = isNeeded ? room : tokens;
  const goal = fixed + (most - fixed) * (isNeeded ? goalShare : shorterShare);
  const text = Math.round((most - fixed) * textShare);
  const forText = Math.min(textTokens.most, Math.max(textTokens.least, text));
  return { isNeeded, room: most, goal, textTokens: forText };
}
