import { CrosspointError } from '#protocol/errors.ts';

/** Where a value stands in the bytes: `[start, end)`. */
export interface Span {
  start: number;
  end: number;
}

/** The top level of a JSON object, found without building it. */
export interface TopLevel {
  body: Buffer;
  values: ReadonlyMap<string, Span>;
  /** After the opening brace: where a field can be put in. */
  inside: number;
}

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
/** Bytes of a string that are looked at one by one: a native search costs more to begin than they do. */
const shortString = 48;
const scalar = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

/**
 * Walks over the bytes of a request once: building and writing 100 KB of JSON would cost more than everything else that
 * the gateway does. What stands deeper is the provider's to judge.
 * @throws CrosspointError `bad_json` for what is no JSON object, `bad_request` for a field that is there twice: two readers
 *   could take different ones, and the model that is checked must be the model that is asked
 */
export function scanTopLevel(body: Buffer): TopLevel {
  const scan = new Scan(body);
  return { body, values: scan.object(), inside: scan.inside };
}

/** The text of a string field; undefined where there is none or it is no string. */
export function stringAt({ body, values }: TopLevel, name: string): string | undefined {
  const span = values.get(name);
  if (!span || body[span.start] !== quote) return undefined;
  return JSON.parse(body.toString('utf8', span.start, span.end)) as string;
}

/** A value as it is. For small ones: it is built. @throws CrosspointError `bad_json` */
export function valueAt({ body, values }: TopLevel, name: string): unknown {
  const span = values.get(name);
  if (!span) return undefined;
  try {
    return JSON.parse(body.toString('utf8', span.start, span.end));
  } catch (cause) {
    throw new CrosspointError('bad_json', {}, { cause });
  }
}

class Scan {
  inside = 0;
  readonly #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    this.#body = body;
    // A byte order mark is no JSON, but some clients send one.
    if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) this.#at = 3;
  }

  object(): Map<string, Span> {
    const values = new Map<string, Span>();
    this.#expect(openBrace);
    this.inside = this.#at;
    if (this.#peek() === closeBrace) this.#at++;
    else this.#members(values);
    this.#space();
    if (this.#at !== this.#body.length) throw broken();
    return values;
  }

  #members(values: Map<string, Span>): void {
    for (;;) {
      const name = this.#name();
      this.#expect(colon);
      this.#space();
      const start = this.#at;
      this.#value();
      if (values.has(name)) throw twice(name);
      values.set(name, { start, end: this.#at });
      const next = this.#peek();
      this.#at++;
      if (next === closeBrace) return;
      if (next !== comma) throw broken();
    }
  }

  #name(): string {
    if (this.#peek() !== quote) throw broken();
    const start = this.#at;
    this.#string();
    try {
      return JSON.parse(this.#body.toString('utf8', start, this.#at)) as string;
    } catch (cause) {
      throw broken(cause);
    }
  }

  #value(): void {
    const byte = this.#body[this.#at];
    if (byte === quote) return this.#string();
    if (byte === openBrace || byte === openBracket) return this.#nested();
    const start = this.#at;
    while (this.#at < this.#body.length && !endsScalar(this.#body[this.#at] as number)) this.#at++;
    if (!scalar.test(this.#body.toString('latin1', start, this.#at))) throw broken();
  }

  /** To the bracket that closes it; without recursion, so that depth costs nothing. */
  #nested(): void {
    const body = this.#body;
    const open: number[] = [];
    while (this.#at < body.length) {
      const byte = body[this.#at];
      if (byte === quote) {
        this.#string();
        continue;
      }
      this.#at++;
      if (byte === openBrace) open.push(closeBrace);
      else if (byte === openBracket) open.push(closeBracket);
      else if (byte === closeBrace || byte === closeBracket) {
        if (open.pop() !== byte) throw broken();
        if (!open.length) return;
      }
    }
    throw broken();
  }

  /** From the quote to behind the one that closes it. */
  #string(): void {
    const body = this.#body;
    let at = this.#at + 1;
    const soon = Math.min(body.length, at + shortString);
    while (at < soon) {
      const byte = body[at];
      if (byte === quote) {
        this.#at = at + 1;
        return;
      }
      at += byte === backslash ? 2 : 1;
    }
    this.#at = this.#closingQuote(at) + 1;
  }

  /** @param from not behind a backslash that stands alone */
  #closingQuote(from: number): number {
    const body = this.#body;
    for (let at = body.indexOf(quote, from); at >= 0; at = body.indexOf(quote, at + 1)) {
      let slashes = 0;
      while (at - slashes > from && body[at - slashes - 1] === backslash) slashes++;
      if (slashes % 2 === 0) return at;
    }
    throw broken();
  }

  #expect(byte: number): void {
    if (this.#peek() !== byte) throw broken();
    this.#at++;
  }

  #peek(): number | undefined {
    this.#space();
    return this.#body[this.#at];
  }

  #space(): void {
    while (isSpace(this.#body[this.#at])) this.#at++;
  }
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function endsScalar(byte: number): boolean {
  return byte === comma || byte === closeBrace || byte === closeBracket || isSpace(byte);
}

function broken(cause?: unknown): CrosspointError {
  return new CrosspointError('bad_json', {}, { cause });
}

function twice(name: string): CrosspointError {
  return new CrosspointError('bad_request', {
    detail: `The field "${name.slice(0, 100)}" is there twice. Send it once.`,
  });
}
