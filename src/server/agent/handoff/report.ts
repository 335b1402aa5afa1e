import type { ReceiptLine } from '#protocol/receipt.ts';
import type { ProjectionReport } from './types.ts';

/** Counts what a projection did, by kind and reason. Copied on `finish`, so that a cached projection can go on. */
export class Tally {
  readonly kept = { messages: 0, toolCalls: 0, images: 0 };
  readonly #converted = new Map<string, ReceiptLine>();
  readonly #dropped = new Map<string, ReceiptLine>();

  converted(what: string, why: string, count = 1): void {
    add(this.#converted, what, why, count);
  }

  dropped(what: string, why: string, count = 1): void {
    add(this.#dropped, what, why, count);
  }

  /** @param extra what only the open end of the transcript adds this time */
  report(extra: { converted?: ReceiptLine[] } = {}): ProjectionReport {
    return {
      kept: { ...this.kept },
      converted: [...this.#converted.values(), ...(extra.converted ?? [])].map((line) => ({ ...line })),
      dropped: [...this.#dropped.values()].map((line) => ({ ...line })),
    };
  }
}

function add(lines: Map<string, ReceiptLine>, what: string, why: string, count: number): void {
  const key = `${what}\n${why}`;
  const line = lines.get(key);
  if (line) line.count += count;
  else lines.set(key, { what, count, why });
}
