import { randomBytes } from 'node:crypto';
import type { RemoteMachine } from './machine.ts';
import { quote } from './quote.ts';

export type Stream = 'stdout' | 'stderr';

/** The script did not come to its end, as far as we have seen. */
export class FrameBroken extends Error {
  override readonly name = 'FrameBroken';
  /** Whether it had begun. */
  readonly started: boolean;

  constructor(started: boolean, cause: unknown) {
    super('A script in the sandbox did not come to its end.', { cause });
    this.started = started;
  }
}

export interface Framed {
  onOutput: (stream: Stream, bytes: Buffer) => void;
  signal: AbortSignal;
}

/**
 * Runs a script and gives what it prints, and nothing that a profile of the shell or the service prints around it: both
 * streams are put between marks that nobody can guess. Only so is it known that the script came to its end, and how.
 * @param body sets `$status`; may print; its file descriptor 3 is the standard error of the whole
 * @returns what `$status` is at the end
 */
export async function runFramed(machine: RemoteMachine, body: string, framed: Framed): Promise<string> {
  const nonce = randomBytes(12).toString('hex');
  const frames = {
    stdout: new StreamFrame(nonce, (bytes) => framed.onOutput('stdout', bytes)),
    stderr: new StreamFrame(nonce, (bytes) => framed.onOutput('stderr', bytes)),
  };
  const started = () => frames.stdout.started || frames.stderr.started;
  try {
    const feed = (stream: Stream, bytes: Uint8Array) => frames[stream].add(Buffer.from(bytes));
    await machine.run(frameScript(nonce, body), feed, framed.signal);
  } catch (cause) {
    throw new FrameBroken(started(), cause);
  }
  if (!frames.stdout.ended || !frames.stderr.ended) throw new FrameBroken(started(), 'its end is missing');
  return frames.stderr.rest;
}

function frameScript(nonce: string, body: string): string {
  const mark = (after: string) => `printf '\\036%s${after}' ${quote(nonce)}`;
  return `${mark('(')}; ${mark('(')} >&2; exec 3>&2; status=
${body}
${mark(')')}; ${mark(')')} >&3; printf %s "$status" >&3; exit 0`;
}

/** One stream between its two marks. */
class StreamFrame {
  started = false;
  ended = false;
  /** What came after the second mark. */
  rest = '';
  readonly #open: Buffer;
  readonly #close: Buffer;
  readonly #onBytes: (bytes: Buffer) => void;
  #held = Buffer.alloc(0);

  constructor(nonce: string, onBytes: (bytes: Buffer) => void) {
    this.#open = Buffer.from(`\u001e${nonce}(`);
    this.#close = Buffer.from(`\u001e${nonce})`);
    this.#onBytes = onBytes;
  }

  add(bytes: Buffer): void {
    if (this.ended) {
      this.rest += bytes.toString('utf8');
      return;
    }
    const mark = this.started ? this.#close : this.#open;
    const data = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    const at = data.indexOf(mark);
    const known = at < 0 ? data.length - overlap(data, mark) : at;
    if (this.started && known > 0) this.#onBytes(data.subarray(0, known));
    this.#held = at < 0 ? Buffer.from(data.subarray(known)) : Buffer.alloc(0);
    if (at < 0) return;
    if (this.started) this.ended = true;
    else this.started = true;
    this.add(data.subarray(at + mark.length));
  }
}

/** How many bytes at the end of `data` may be the beginning of the mark. */
function overlap(data: Buffer, mark: Buffer): number {
  const first = mark.subarray(0, 1);
  let at = data.indexOf(first, Math.max(0, data.length - mark.length + 1));
  while (at >= 0 && !mark.subarray(0, data.length - at).equals(data.subarray(at)))
    at = data.indexOf(first, at + 1);
  return at < 0 ? 0 : data.length - at;
}
