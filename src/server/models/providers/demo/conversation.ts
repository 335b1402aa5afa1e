/** A request as the script reads it, whatever wire it came over. */
export interface Conversation {
  /** What the person said last. */
  words: string;
  /** The calls since then, in order, each with its one result. */
  calls: AnsweredCall[];
  /** Names of the tools that are offered. */
  tools: string[];
}

export interface AnsweredCall {
  name: string;
  args: Record<string, unknown>;
  /** What came back, without the mark of a failure. */
  result: string;
  failed: boolean;
}

/** What the script says and does next. */
export interface Step {
  /** Shown as thinking, on the wire that has it. */
  reasoning: string;
  text: string;
  calls: { name: string; args: Record<string, unknown> }[];
}

/** The request is not as the wire wants it: answered as its API would. */
export class RefusedRequest extends Error {
  readonly status: number;
  /** e.g. `invalid_request_error` */
  readonly kind: string;

  constructor(message: string, status = 400, kind = 'invalid_request_error') {
    super(message);
    this.name = 'RefusedRequest';
    this.status = status;
    this.kind = kind;
  }
}

/** A file that a person has open stands in their message; their own words are the rest. */
export function ownWords(text: string): string {
  return text.replaceAll(/<file name=[^\n]*>\n[\s\S]*?\n<\/file>/g, '').trim();
}

export function answeredCall(
  call: { name: string; args: Record<string, unknown> },
  result: string,
  isError: boolean,
): AnsweredCall {
  const marked = /^error: /i.test(result);
  return { ...call, result: marked ? result.slice('error: '.length) : result, failed: isError || marked };
}

/**
 * The newest calls, each with what it read: where the result only says that it stands further up, it is taken from there.
 * @param all of the whole conversation, in order
 */
export function newestCalls(all: readonly AnsweredCall[], count: number): AnsweredCall[] {
  const read = new Map<string, string>();
  const followed = all.map((call) => {
    if (call.name !== 'read_file') return call;
    const key = JSON.stringify(call.args);
    const earlier = isPointer.test(call.result) ? read.get(key) : undefined;
    if (earlier !== undefined) return { ...call, result: earlier };
    read.set(key, call.result);
    return call;
  });
  return followed.slice(followed.length - count);
}

const isPointer = /^\[.{1,250} is unchanged: these lines of it stand in the result of an earlier read_file/;
