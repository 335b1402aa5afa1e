import type { AssistantPart, Capsule, ReasoningPart } from '#protocol/message.ts';
import type { Target } from '../types.ts';
import { openCapsule } from './capsule.ts';

/**
 * Items of Responses that only the store of the key that made them can read: reasoning without its encrypted content, and
 * references. They come from conversations of programs that let OpenAI store them, and our requests are `store: false`.
 *
 * Refusal this prevents: "Item with id 'rs_…' not found. Items are not persisted when `store` is set to false. Try again
 * with `store` set to true, or remove this item from your input."
 */
export function isStoredOnly({ wire, data }: Capsule): boolean {
  if (wire !== 'openai-responses') return false;
  return !/"encrypted_content":\s*"[^"]/.test(data) || !/"id":\s*"rs_/.test(data);
}

/** The JSON text of reasoning that may go back, else null. */
export function sealedReasoning({ capsule }: ReasoningPart, target: Target): string | null {
  const data = openCapsule(capsule, target);
  if (data === null) return null;
  const item = objectIn(data);
  const { type, id, encrypted_content: sealed } = item;
  const isWhole = type === 'reasoning' && hasPrefix(id, 'rs_') && typeof sealed === 'string' && sealed !== '';
  if (!isWhole) return null;
  const isLegal = Array.isArray(item.summary) && Object.keys(item).every((key) => isTaken(key, item[key]));
  return isLegal ? data : JSON.stringify(taken(item));
}

const listed = ['summary', 'content'];

/**
 * An answer's reasoning has more than a request may have: "Unknown parameter: 'input[1].status'." (BerriAI/litellm#13420),
 * and recordings of other programs say `content: null`.
 */
function isTaken(key: string, value: unknown): boolean {
  return ['type', 'id', 'encrypted_content'].includes(key) || (listed.includes(key) && Array.isArray(value));
}

function taken(item: Record<string, unknown>): Record<string, unknown> {
  const kept = Object.entries(item).filter(([key, value]) => isTaken(key, value));
  return { summary: [], ...Object.fromEntries(kept) };
}

/** What the provider itself called a message or a call: its id, and the phase of the answer. */
export function ownMarks(part: AssistantPart, target: Target): { id?: string; phase?: string } {
  const data = openCapsule(part.capsule, target);
  if (data === null) return {};
  const { id, phase } = objectIn(data);
  const prefix = part.type === 'tool-call' ? 'fc_' : 'msg_';
  return {
    ...(hasPrefix(id, prefix) ? { id } : {}),
    ...(typeof phase === 'string' ? { phase } : {}),
  };
}

function objectIn(data: string): Record<string, unknown> {
  const value: unknown = JSON.parse(data);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function hasPrefix(id: unknown, prefix: string): id is string {
  return typeof id === 'string' && id.startsWith(prefix);
}
