import { Buffer } from 'node:buffer';
import type { Capsule } from '#protocol/message.ts';

const prefix = 'cp1.';

/**
 * A capsule on its way through a client that speaks another wire: opaque to it, kept in the field that the client sends
 * back (a signature, redacted or encrypted content), and a capsule again when it returns.
 */
export interface Envelope {
  capsule: Capsule;
  /** Belongs to this call or to the text with this number of its message, instead of to reasoning. */
  of?: { call: string } | { text: number };
  /** Where the reasoning stands among the parts of its message, where the client's form does not show it. */
  at?: number;
}

export function sealEnvelope({ capsule, of, at }: Envelope): string {
  const { provider, wire, model, data } = capsule;
  const content = { provider, wire, model, data, ...(of ? { of } : {}), ...(at === undefined ? {} : { at }) };
  return prefix + Buffer.from(JSON.stringify(content)).toString('base64url');
}

/** null for anything but an envelope, such as a provider's own signature. */
export function openEnvelope(text: unknown): Envelope | null {
  if (typeof text !== 'string' || !text.startsWith(prefix)) return null;
  try {
    return envelopeOf(JSON.parse(Buffer.from(text.slice(prefix.length), 'base64url').toString()));
  } catch (cause) {
    if (cause instanceof SyntaxError) return null;
    throw cause;
  }
}

/** Whether something looks like an envelope, ours or a damaged one: no provider could read it. */
export function isEnvelope(text: unknown): boolean {
  return typeof text === 'string' && text.startsWith(prefix);
}

/** Whether there is one in the bytes of a request: it may not be passed through as it is. */
export function hasEnvelope(body: Buffer): boolean {
  return body.includes(`"${prefix}`);
}

function envelopeOf(value: unknown): Envelope | null {
  if (typeof value !== 'object' || value === null) return null;
  const { provider, wire, model, data, of, at } = value as Record<string, unknown>;
  if (typeof provider !== 'string' || typeof model !== 'string' || typeof data !== 'string') return null;
  if (wire !== 'openai-chat' && wire !== 'openai-responses' && wire !== 'anthropic-messages') return null;
  const owner = ownerOf(of);
  return {
    capsule: { provider, wire, model, data },
    ...(owner ? { of: owner } : {}),
    ...(typeof at === 'number' ? { at } : {}),
  };
}

function ownerOf(of: unknown): Envelope['of'] {
  if (typeof of !== 'object' || of === null) return undefined;
  if ('call' in of && typeof of.call === 'string') return { call: of.call };
  return 'text' in of && typeof of.text === 'number' ? { text: of.text } : undefined;
}
