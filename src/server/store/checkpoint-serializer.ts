import { Send } from '@langchain/langgraph';
import { JsonPlusSerializer, type SerializerProtocol } from '@langchain/langgraph-checkpoint';

/** Cannot come from JSON text that a model wrote into a key by accident, and is refused if it does. */
const sendKey = '\u0000send';

/**
 * Plain data goes through `JSON.stringify` and `JSON.parse` and nothing else: a key named `lc` in a tool's arguments stays a
 * key and is never revived as a class (LangChain's own serializer makes such a thread unreadable for ever). Only values
 * that hold class instances, which our state never does, fall back to it.
 */
export class PlainSerializer implements SerializerProtocol {
  readonly #fallback = new JsonPlusSerializer();

  async dumpsTyped(data: unknown): Promise<[string, Uint8Array]> {
    if (!isPlain(data)) return this.#fallback.dumpsTyped(data);
    const text = JSON.stringify(data, (_key, value: unknown) =>
      isSend(value) ? { [sendKey]: [value.node, value.args] } : value,
    );
    return ['plain', Buffer.from(text ?? 'null')];
  }

  async loadsTyped(type: string, data: Uint8Array | string): Promise<unknown> {
    if (type !== 'plain') return this.#fallback.loadsTyped(type, data);
    const text = typeof data === 'string' ? data : Buffer.from(data).toString();
    return JSON.parse(text, (_key, value: unknown) =>
      isStoredSend(value) ? new Send(...value[sendKey]) : value,
    );
  }
}

function isSend(value: unknown): value is Send {
  return value instanceof Send;
}

function isStoredSend(value: unknown): value is { [sendKey]: [string, unknown] } {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, sendKey);
}

function isPlain(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.every(isPlain);
  if (isSend(value)) return isPlain(value.args);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  if ('toJSON' in value) return false;
  return Object.entries(value).every(
    ([key, entry]) => key !== sendKey && key !== '__proto__' && isPlain(entry),
  );
}
