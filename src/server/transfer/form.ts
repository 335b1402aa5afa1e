import * as v from 'valibot';
import type { Wire } from '#protocol/message.ts';
import { canonicalText } from '#server/agent/arguments.ts';

/** The form of a file, line by line: docs/import.md says it for people. Keys that are not named here are ignored. */

const wire = v.picklist(['openai-chat', 'openai-responses', 'anthropic-messages']);
const text = v.string('must be text.');
const base64 = v.pipe(
  text,
  v.check(
    (data) => data !== '' && /^[A-Za-z0-9+/]*={0,2}$/.test(data),
    'must be base64 without line breaks.',
  ),
);
const time = v.pipe(
  text,
  v.check((value) => !Number.isNaN(Date.parse(value)), 'must be a time such as 2026-01-31T12:00:00Z.'),
  v.transform((value) => new Date(value).toISOString()),
);

/** What a provider seals: its reasoning, or beside that the name or the signature of a text or a call. */
const capsuleOf = (kind: 'reasoning' | 'other') =>
  v.pipe(
    v.object({ provider: text, wire, model: text, data: text }, 'must be an object.'),
    v.check(
      (capsule) => isSealed(kind, capsule),
      'has "data" that is not what its wire gives: see docs/import.md.',
    ),
  );

/** A seal of another shape would be refused by its provider in every later request. */
function isSealed(kind: 'reasoning' | 'other', capsule: { wire: Wire; data: string }): boolean {
  const value = parsed(capsule.data);
  if (typeof value !== 'object' || value === null) return false;
  if (capsule.wire === 'openai-chat') return !Array.isArray(value) || value.every(isObject);
  if (Array.isArray(value)) return false;
  const item = value as Record<string, unknown>;
  if (kind === 'other') return item.id === undefined || typeof item.id === 'string';
  return capsule.wire === 'anthropic-messages' ? isThinking(item) : isReasoningItem(item);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isThinking({ type, thinking, signature, data }: Record<string, unknown>): boolean {
  if (type === 'redacted_thinking') return typeof data === 'string';
  return type === 'thinking' && typeof thinking === 'string' && typeof signature === 'string';
}

/** Codex records its reasoning without the id: it is kept, and goes into no request. */
function isReasoningItem({ type, id, encrypted_content: sealed }: Record<string, unknown>): boolean {
  if (type === 'reasoning' && (id ?? null) === null) return typeof sealed === 'string';
  return (
    (type === 'reasoning' || type === 'item_reference') && typeof id === 'string' && id.startsWith('rs_')
  );
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}

const maxDepth = 256;

/** Text is kept as it is, also when it is no JSON; anything else becomes its JSON text. */
const args = v.pipe(
  v.optional(v.unknown(), {}),
  v.check((value) => !isDeeper(value, maxDepth), `is nested deeper than ${maxDepth}.`),
  v.transform((value) => (typeof value === 'string' ? value : canonicalText(value ?? {}))),
);

function isDeeper(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return left === 0 || Object.values(value).some((entry) => isDeeper(entry, left - 1));
}

const capsule = capsuleOf('other');
const textPart = v.object({ type: v.literal('text'), text, capsule: v.exactOptional(capsule) });
const reasoning = v.object({
  type: v.literal('reasoning'),
  text: v.optional(text, ''),
  capsule: v.exactOptional(capsuleOf('reasoning')),
});
const toolCall = v.object({
  type: v.literal('tool-call'),
  toolCallId: v.optional(text, ''),
  name: text,
  args,
  capsule: v.exactOptional(capsule),
});
const image = v.object({ type: v.literal('image'), mediaType: text, data: base64 });
const line = v.pipe(v.number('must be a number.'), v.integer('must be a whole number.'), v.minValue(1));
const seenFile = v.object({ path: text, hash: text, lines: v.exactOptional(v.tuple([line, line])) });
const folderRules = v.object({ path: text, hash: text, text });
const toolResult = v.object({
  type: v.literal('tool-result'),
  toolCallId: v.optional(text, ''),
  name: v.optional(text, ''),
  status: v.optional(
    v.picklist(['ok', 'error', 'rejected', 'not_run', 'interrupted', 'outcome_unknown']),
    'ok',
  ),
  text: v.optional(text, ''),
  images: v.exactOptional(v.array(image, 'must be a list.')),
  file: v.exactOptional(seenFile),
  rules: v.exactOptional(v.array(folderRules, 'must be a list.')),
});
const file = v.object({ type: v.literal('file'), name: text, mediaType: text, data: base64 });

const allowed =
  (role: string, types: string) =>
  ({ received }: { received: string }) =>
    `${received} is no part of ${role}. Use one of: ${types}.`;
const shared = {
  status: v.optional(v.picklist(['complete', 'partial']), 'complete'),
  createdAt: v.exactOptional(time),
};
const parts = <Part extends v.GenericSchema>(part: Part) => v.array(part, 'must be a list.');

const user = v.object({
  role: v.literal('user'),
  parts: parts(v.variant('type', [textPart, image, file], allowed('a user message', 'text, image, file'))),
  ...shared,
});
const assistant = v.object({
  role: v.literal('assistant'),
  parts: parts(
    v.variant(
      'type',
      [textPart, reasoning, toolCall],
      allowed('an assistant message', 'text, reasoning, tool-call'),
    ),
  ),
  provider: v.exactOptional(text),
  model: v.exactOptional(text),
  wire: v.exactOptional(wire),
  ...shared,
});
const tool = v.object({
  role: v.literal('tool'),
  parts: parts(v.variant('type', [toolResult], allowed('a tool message', 'tool-result'))),
  ...shared,
});

/** One message, without what the record gives it: its place and its ids. */
export const messageForm = v.variant(
  'role',
  [user, assistant, tool],
  ({ received }) => `${received} is no role. Use one of: user, assistant, tool.`,
);

/** The optional first line. */
export const headerForm = v.object({
  type: v.literal('thread'),
  title: v.exactOptional(text),
  model: v.exactOptional(text),
  createdAt: v.exactOptional(time),
});

export type ImportedMessage = v.InferOutput<typeof messageForm>;
export type Header = v.InferOutput<typeof headerForm>;
