/** What an error body says, whatever its shape. */
export interface ErrorFacts {
  message: string;
  /** `code` and `type` of the body, lower case, joined by a space. */
  kind: string;
  /** A status inside the body (OpenRouter, Google, Helicone). */
  status?: number;
  /** The parameter that is refused (OpenAI). */
  param?: string;
}

interface ErrorBody {
  message?: unknown;
  code?: unknown;
  type?: unknown;
  status?: unknown;
  param?: unknown;
  /** Groq, inside a stream. */
  status_code?: unknown;
  error?: unknown;
  detail?: unknown;
  metadata?: { raw?: unknown } | null;
}

/**
 * Finds message, code and type in the shapes that are in use: `{error: {…}}` (OpenAI, Groq, OpenRouter, Anthropic),
 * `{error: "…"}` (Ollama), `{message, type, code}` (vLLM), `{detail: …}` (FastAPI), `[{error: {…}}]` (Google), plain text.
 */
export function errorFacts(body: unknown): ErrorFacts {
  if (typeof body === 'string') return { message: body, kind: '' };
  if (Array.isArray(body)) return errorFacts(body[0]);
  if (typeof body !== 'object' || body === null) return { message: '', kind: '' };
  const error = body as ErrorBody;
  if (error.error && error.error !== body) return errorFacts(error.error);
  const kind = [error.code, error.type, error.status].filter((value) => typeof value === 'string').join(' ');
  const status = [error.code, error.status, error.status_code].find(isStatus);
  return {
    message: [error.message ?? error.detail, rawCause(error)].map(textOf).filter(Boolean).join(' — '),
    kind: kind.toLowerCase(),
    ...(status === undefined ? {} : { status }),
    ...(typeof error.param === 'string' ? { param: error.param } : {}),
  };
}

/** OpenRouter says "Provider returned error" and puts the provider's own body, as text, into `metadata.raw`. */
function rawCause({ metadata }: ErrorBody): unknown {
  const raw = metadata?.raw;
  if (typeof raw !== 'string') return raw;
  return errorFacts(parseOrText(raw)).message;
}

export function parseOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (cause instanceof SyntaxError) return text;
    throw cause;
  }
}

function isStatus(value: unknown): value is number {
  return typeof value === 'number' && value >= 400 && value < 600;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
