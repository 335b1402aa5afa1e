/**
 * `auth`: the key. `quota`: the plan's limit. `rate`: too many at once. `bad_request`: what was asked for cannot be.
 * `bad_response`: not the provider's protocol. `no_page`: that page cannot be read. `refused`: we do not ask for that.
 */
export type WebErrorKind =
  | 'auth'
  | 'quota'
  | 'rate'
  | 'timeout'
  | 'unreachable'
  | 'bad_request'
  | 'bad_response'
  | 'no_page'
  | 'refused';

/** Why the web could not be asked. The message says to the model, and to the person beside it, what to do. */
export class WebError extends Error {
  readonly kind: WebErrorKind;
  /** Of the provider's answer; null when there was none. */
  readonly status: number | null;
  /** How long to wait, when the provider said so. */
  readonly retryAfterMs: number | null;

  constructor(
    kind: WebErrorKind,
    message: string,
    facts: { status?: number; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: facts.cause });
    this.name = 'WebError';
    this.kind = kind;
    this.status = facts.status ?? null;
    this.retryAfterMs = facts.retryAfterMs ?? null;
  }
}
