import type { IncomingHttpHeaders } from 'node:http';

/** A span of the caller's, as it names it. */
export interface TraceParent {
  traceId: string;
  spanId: string;
  traceFlags: number;
  traceState: string;
}

/** Calls whose caller is remembered; attempts of older ones stand in a trace of their own. */
const mostCalls = 10_000;

/**
 * Whose work each call is part of (https://www.w3.org/TR/trace-context/). The attempts of a call may end after it, so this is
 * kept beyond its end, and bounded.
 */
export class TraceParents {
  readonly #byRequest = new Map<string, TraceParent>();

  /** @param headers of the caller */
  note(requestId: string, headers: IncomingHttpHeaders): void {
    const parent = traceParent(headers);
    if (!parent) return;
    this.#byRequest.set(requestId, parent);
    for (const oldest of this.#byRequest.keys()) {
      if (this.#byRequest.size <= mostCalls) return;
      this.#byRequest.delete(oldest);
    }
  }

  of(requestId: string): TraceParent | undefined {
    return this.#byRequest.get(requestId);
  }
}

/** null for anything but what the standard allows: an invalid header begins a new trace. */
export function traceParent({ traceparent, tracestate }: IncomingHttpHeaders): TraceParent | null {
  if (typeof traceparent !== 'string') return null;
  const [, version, traceId = '', spanId = '', flags = '', more] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(traceparent.trim()) ?? [];
  // Later versions may say more behind the flags, the first one may not.
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return null;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  const traceState = Array.isArray(tracestate) ? tracestate.join(',') : (tracestate ?? '');
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), traceState };
}
