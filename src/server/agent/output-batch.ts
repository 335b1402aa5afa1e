import type { NewEvent } from '#protocol/events.ts';

type Stream = 'stdout' | 'stderr';

/** Milliseconds between two writes of a running command's output. */
const intervalMs = 100;

/** Gathers a command's output into few events, and stops at a limit: a log must not fill the disk. */
export class OutputBatch {
  readonly #toolCallId: string;
  readonly #write: (events: NewEvent[]) => Promise<unknown>;
  #left: number;
  #pending: { stream: Stream; text: string }[] = [];
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<unknown> = Promise.resolve();

  /** @param limit characters that are written in all */
  constructor(toolCallId: string, limit: number, write: (events: NewEvent[]) => Promise<unknown>) {
    this.#toolCallId = toolCallId;
    this.#left = limit;
    this.#write = write;
  }

  add(stream: Stream, text: string): void {
    if (this.#left <= 0 || text === '') return;
    const taken = text.slice(0, this.#left);
    this.#left -= text.length;
    const shown = this.#left <= 0 ? `${taken}\n[more output is not shown while it runs]\n` : taken;
    const last = this.#pending.at(-1);
    if (last?.stream === stream) last.text += shown;
    else this.#pending.push({ stream, text: shown });
    this.#timer ??= setTimeout(() => this.#send(), intervalMs);
  }

  /** What has not been written yet, to be committed together with the result. Throws what a write threw. */
  async rest(): Promise<NewEvent[]> {
    const events = this.#take();
    await this.#writing;
    return events;
  }

  #send(): void {
    const events = this.#take();
    this.#writing = this.#writing.then(() => this.#write(events));
    // Thrown by `rest`; marked as seen here, because `rest` may come later.
    this.#writing.catch(() => undefined);
  }

  #take(): NewEvent[] {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const events = this.#pending.map(({ stream, text }): NewEvent => ({
      type: 'tool.output',
      data: { toolCallId: this.#toolCallId, stream, text },
    }));
    this.#pending = [];
    return events;
  }
}
