import { Send } from '@langchain/langgraph';
import { DeltaSnapshot, type SerializerProtocol } from '@langchain/langgraph-checkpoint';

/** Marks `{[tag]: [kind, content]}`. A data object that has such a key itself is written as a list of its entries. */
const tag = '$';

/**
 * JSON for plain data and a closed set of values that LangGraph puts into checkpoints. Data never becomes an instance of a
 * class that it names: a key `lc` in a tool's arguments stays a key (rule R26). LangChain's own serializer revives it, or
 * makes such a thread unreadable for ever, and is twelve times slower.
 */
export class PlainSerializer implements SerializerProtocol {
  /** @throws for an instance of any other class: coming back as something else would be noticed much later */
  async dumpsTyped(data: unknown): Promise<[string, Uint8Array]> {
    return ['plain', Buffer.from(JSON.stringify(encode(data)))];
  }

  async loadsTyped(type: string, data: Uint8Array | string): Promise<unknown> {
    if (type !== 'plain') throw new Error(`A checkpoint has the unknown form "${type}".`);
    return decode(JSON.parse(typeof data === 'string' ? data : Buffer.from(data).toString()));
  }
}

function encode(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : tagged('number', stringOf(value));
    case 'bigint':
      return tagged('bigint', String(value));
    case 'object':
      return value === null ? null : encodeObject(value);
    default:
      // As JSON does it: a function has no place in data.
      return tagged('undefined', null);
  }
}

function encodeObject(value: object): unknown {
  if (Array.isArray(value)) return value.map(encode);
  if (value instanceof Send) return tagged('Send', encode([value.node, value.args, value.timeout]));
  if (value instanceof DeltaSnapshot) return tagged('DeltaSnapshot', encode(value.value));
  if (value instanceof Map) return tagged('Map', encode([...value]));
  if (value instanceof Set) return tagged('Set', encode([...value]));
  if (value instanceof Date) return tagged('Date', value.getTime());
  if (value instanceof Uint8Array) return tagged('bytes', Buffer.from(value).toString('base64'));
  if (value instanceof Error) return tagged('Error', [value.name, value.message]);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw new TypeError(`A checkpoint holds plain data only, not a ${value.constructor.name}.`);
  const entries = Object.entries(value).map(([key, entry]): [string, unknown] => [key, encode(entry)]);
  const plain = entries.every(([key]) => key !== tag && key !== '__proto__');
  return plain ? Object.fromEntries(entries) : tagged('object', entries);
}

function decode(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(decode);
  const mark = (value as Record<string, unknown>)[tag];
  if (mark !== undefined) return revive(mark as [string, unknown]);
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, decode(entry)]));
}

function revive([kind, content]: [string, unknown]): unknown {
  switch (kind) {
    case 'undefined':
      return undefined;
    case 'number':
      return Number(content);
    case 'bigint':
      return BigInt(content as string);
    case 'Send':
      return reviveSend(decode(content) as Parameters<typeof reviveSend>[0]);
    case 'DeltaSnapshot':
      return new DeltaSnapshot(decode(content));
    case 'Map':
      return new Map(decode(content) as [unknown, unknown][]);
    case 'Set':
      return new Set(decode(content) as unknown[]);
    case 'Date':
      return new Date((content as number | null) ?? Number.NaN);
    case 'bytes':
      return new Uint8Array(Buffer.from(content as string, 'base64'));
    case 'Error': {
      const [name, message] = content as [string, string];
      return Object.assign(new Error(message), { name });
    }
    case 'object':
      return Object.fromEntries((content as [string, unknown][]).map(([key, entry]) => [key, decode(entry)]));
    default:
      throw new Error(`A checkpoint holds an unknown kind of value, "${kind}".`);
  }
}

function reviveSend([node, args, timeout]: [string, unknown, Send['timeout']]): Send {
  return new Send(node, args, timeout === undefined ? undefined : { timeout });
}

function tagged(kind: string, content: unknown): Record<string, unknown> {
  return { [tag]: [kind, content] };
}

function stringOf(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
