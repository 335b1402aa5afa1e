import { CrosspointError } from '#protocol/errors.ts';

/** By name: the client is not loaded for its classes. */
interface Thrown {
  name?: string;
  status?: unknown;
  data?: unknown;
  retry_after?: unknown;
}

/** What came of one try. */
export interface QdrantFailure {
  /** Of the answer; null where none came. */
  status: number | null;
  /** It may pass by itself. */
  isPassing: boolean;
  /** Milliseconds that the server asks to wait. */
  retryAfterMs: number;
  /** A sentence: what happened, and what to do. */
  detail: string;
}

/** Longest piece of the server's own words that is passed on. */
const mostWords = 300;

/**
 * The client throws four kinds of errors: its own for 429 with `retry-after`, which has no status; one with `status` and
 * `data` for every other refusal; a bare `TypeError` where no connection came about; and the reason of an abort.
 */
export function failureOf(cause: unknown): QdrantFailure {
  const { status, data, name, retry_after: after } = cause as Thrown;
  // 1.19.0 reads only the first digit of the header: a lower bound, so the pauses grow beyond it.
  if (name === 'QdrantClientResourceExhaustedError') return limited(Number(after) * 1_000);
  if (typeof status === 'number') return refusal(status, data);
  // Also of the client: 429 with a date in `retry-after`, which it cannot read.
  if (name === 'CustomError') return limited(0);
  if (name === 'TimeoutError')
    return passing(null, 'It did not answer in time. Check that it runs and is not overloaded.');
  return passing(null, `It cannot be reached (${reasonOf(cause)}). Check that it runs, and QDRANT_URL.`);
}

export function unavailable({ detail }: Pick<QdrantFailure, 'detail'>, cause?: unknown): CrosspointError {
  return new CrosspointError('code_search_unavailable', { store: 'Qdrant', detail }, { cause });
}

function refusal(status: number, data: unknown): QdrantFailure {
  if (status === 429) return limited(0);
  if (status === 401 || status === 403) return lasting(status, 'It refused the key. Check QDRANT_API_KEY.');
  if (status >= 500 || status === 408)
    return passing(status, `It failed (${status}: ${wordsOf(data)}). Look into its log.`);
  if (status === 404)
    return lasting(status, `It has no such collection (${wordsOf(data)}). Check QDRANT_URL.`);
  return lasting(status, `It refused the request (${status}: ${wordsOf(data)}).`);
}

function limited(retryAfterMs: number): QdrantFailure {
  const detail = 'It limits the rate. Wait, or give it more room.';
  return { status: 429, isPassing: true, retryAfterMs, detail };
}

function passing(status: number | null, detail: string): QdrantFailure {
  return { status, isPassing: true, retryAfterMs: 0, detail };
}

function lasting(status: number, detail: string): QdrantFailure {
  return { status, isPassing: false, retryAfterMs: 0, detail };
}

/** Qdrant says what is wrong as `{"status": {"error": …}}`; what stands before it, in words of its own. */
function wordsOf(data: unknown): string {
  const told = (data as { status?: { error?: unknown } } | null)?.status?.error ?? data;
  const words = typeof told === 'string' ? told : '';
  return words.replaceAll(/\s+/g, ' ').trim().slice(0, mostWords) || 'without a reason';
}

function reasonOf(cause: unknown): string {
  const { cause: inner, message } = cause as {
    cause?: { code?: string; message?: string };
    message?: string;
  };
  return inner?.code ?? inner?.message ?? message ?? 'without a reason';
}
