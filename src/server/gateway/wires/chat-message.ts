/** One message of a chat-completions body; its keys are always in the same order. */
export type ChatMessage = Record<string, unknown>;
