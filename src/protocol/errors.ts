/**
 * Every failure a person can meet: a code, the HTTP status it answers with, a sentence that says what to do.
 * `{name}` is filled in from the values given. One catalogue, so that no sentence exists twice.
 */
export const errorCatalogue = {
  // Requests
  bad_json: { status: 400, sentence: 'The request body is not valid JSON. Send a JSON object.' },
  bad_request: { status: 400, sentence: '{detail}' },
  unsupported_parameter: { status: 400, sentence: '{param}: {detail}' },
  invalid_model_preset: { status: 400, sentence: 'Invalid model preset' },
  missing_model: { status: 400, sentence: 'Must provide modelName or provider+customModel' },
  unknown_provider: {
    status: 400,
    sentence: 'There is no provider "{provider}". Use one of: {known}.',
  },
  unknown_target: {
    status: 400,
    sentence: 'That target is not configured. Use one of the models that GET /api/models lists.',
  },
  model_retired: {
    status: 400,
    sentence: '{model} was retired by {provider}{when}. Use {successor} instead.',
  },
  unknown_model: {
    status: 404,
    sentence:
      'There is no model "{model}". Use a preset, provider/model, or a bare id: GET /v1/models lists those that can be used.',
  },
  model_not_allowed: {
    status: 403,
    sentence: 'This key may not use {model}. Use one of: {allowed}.',
  },
  bad_key: {
    status: 401,
    sentence:
      'A key is needed: send "Authorization: Bearer …" or "x-api-key" with a key made in the settings, or with CROSSPOINT_API_TOKEN.',
  },
  model_unavailable: { status: 400, sentence: '{model} cannot be used: {reason}' },
  unauthorized: {
    status: 401,
    sentence:
      'Sign in first: open the link that "npm start" printed, or run "npm start -- login" for a new one.',
  },
  forbidden_origin: { status: 403, sentence: 'This request comes from another site and was refused.' },
  not_found: { status: 404, sentence: 'There is no such {what}.' },
  method_not_allowed: { status: 405, sentence: 'This address does not take {method}.' },
  run_active: {
    status: 409,
    sentence: 'A run is already active on this thread. Wait for it to end, or stop it.',
  },
  review_pending: {
    status: 409,
    sentence: 'This thread waits for a review. Answer it with PUT /api/agent, or cancel it.',
  },
  already_decided: {
    status: 409,
    sentence: 'This review was already decided, differently. Reload the thread to see how.',
  },
  gateway_read_only: {
    status: 409,
    sentence: 'The gateway is configured in {file}. Change that file and start again, or remove it.',
  },
  nothing_to_review: { status: 409, sentence: 'There is nothing to review on this thread.' },
  arguments_changed: {
    status: 409,
    sentence: 'The arguments are not those that were shown. Reload the thread and look again.',
  },
  too_large: { status: 413, sentence: 'The request is larger than {limit}. Send less.' },
  unsupported_media_type: { status: 415, sentence: 'Send the body as application/json.' },
  misdirected: { status: 421, sentence: 'This server does not answer to that host name. Open it as {host}.' },
  idempotency_conflict: {
    status: 422,
    sentence: 'This idempotency key was used with another body. Use a new key.',
  },
  rate_limited: { status: 429, sentence: '{what} Try again in {seconds} s.' },
  missing_segment: {
    status: 400,
    sentence:
      'Helicone-RateLimit-Policy counts by {segment}, and this request says none. Send {header}, or leave "s=" out of the policy.',
  },
  budget_exhausted: {
    status: 402,
    sentence: 'The budget of ${budget} of {whose} is spent{period}. Raise it{remedy}.',
  },
  budget_needs_price: {
    status: 402,
    sentence:
      'Nobody knows the price of {model}, and {whose} has a budget. Choose a model with a known price, or allow models without one for that budget.',
  },
  limits_unavailable: {
    status: 503,
    sentence:
      'The limits of this request cannot be checked: their store fails. The log says why; try again in a moment.',
  },
  too_many_requests: { status: 429, sentence: 'Too many requests. Wait {seconds} s and try again.' },
  internal: {
    status: 500,
    sentence: 'Something went wrong in Crosspoint itself. The log has the details under {reference}.',
  },
  starting: { status: 503, sentence: 'Crosspoint is starting. Try again in a moment.' },
  disk_full: {
    status: 507,
    sentence: 'The disk of the data directory is full. Free some space; nothing was lost.',
  },
  store_busy: {
    status: 503,
    sentence: 'The database is busy: another process holds it. Try again in a moment.',
  },
  store_damaged: {
    status: 500,
    sentence:
      'The database file is damaged and nothing is written to it any more. Stop Crosspoint and restore a backup.',
  },
  // Providers, as the gateway reports them
  provider_auth: { status: 502, sentence: '{provider} refused the key. Check {variable}.' },
  provider_forbidden: { status: 502, sentence: '{provider} does not allow this model for this key.' },
  provider_model_not_found: {
    status: 502,
    sentence: '{provider} does not know the model {model}. Choose another model.',
  },
  provider_rate_limited: {
    status: 502,
    sentence: '{provider} limits the rate, still so after {tries}. Wait, or continue with another model.',
  },
  provider_overloaded: {
    status: 502,
    sentence:
      '{provider} is overloaded or failing, still so after {tries}. Try again, or continue with another model.',
  },
  provider_unreachable: {
    status: 502,
    sentence: '{provider} cannot be reached at its address. Check the network and its base URL.',
  },
  provider_timeout: {
    status: 504,
    sentence: '{provider} did not answer in time ({phase}). Try again, or continue with another model.',
  },
  provider_bad_request: { status: 502, sentence: '{provider} refused the request: {detail}' },
  provider_refused_seal: {
    status: 502,
    sentence: '{provider} does not take back what it once sealed: {detail}',
  },
  provider_protocol: {
    status: 502,
    sentence:
      '{provider} sent something that is not its protocol. Try again, or continue with another model.',
  },
  provider_stream_cut: {
    status: 502,
    sentence:
      'The answer of {provider} broke off. What arrived is kept; try again, or continue with another model.',
  },
  provider_empty_answer: {
    status: 502,
    sentence: '{provider} gave an empty answer. Try again, or continue with another model.',
  },
  provider_redirect: {
    status: 502,
    sentence: '{provider} answered with a redirect, which is never followed. Check its base URL.',
  },
  provider_too_large: {
    status: 502,
    sentence: 'The answer of {provider} was larger than allowed and was cut off.',
  },
  provider_no_credit: { status: 502, sentence: '{provider} says that the account has no credit left.' },
  context_overflow: {
    status: 502,
    sentence:
      'The conversation does not fit into {model}. Shorten it with "Compact", or continue with a model with a larger window.',
  },
  compaction_did_not_shrink: {
    status: 409,
    sentence:
      'The conversation does not fit into {model}, and a shorter form of it would not either: {why} Nothing was changed. Continue with a model with a larger window, or start a new thread.',
  },
  compaction_active: {
    status: 409,
    sentence: 'This conversation is being shortened already. Wait for that to end, or stop it.',
  },
  compaction_stopped: { status: 409, sentence: 'The shortening was stopped. Nothing was changed.' },
  compaction_failed: {
    status: 502,
    sentence: '{model} wrote no summary. Choose another model for it, or take an outline, which needs none.',
  },
  nothing_to_compact: {
    status: 409,
    sentence: 'There is nothing to shorten: this conversation has no finished turn before its last message.',
  },
  content_filtered: { status: 502, sentence: '{provider} filtered the answer.' },
  // Agent
  step_limit: {
    status: 409,
    sentence: 'The run stopped after {limit} steps. Send a message to let it go on.',
  },
  loop_detected: {
    status: 409,
    sentence:
      'The run stopped: the same call was made {count} times with the same result. Say what to do differently.',
  },
  budget_reached: {
    status: 402,
    sentence: 'This thread reached its budget of ${budget}. Raise the budget and send a message to go on.',
  },
  truncated_tool_call: {
    status: 502,
    sentence: 'The answer was cut off within a tool call; the call was neither shown nor run.',
  },
  served_model_differs: {
    status: 409,
    sentence:
      '{asked} was asked, and {served} answered. The run paused after that answer, as this thread is set. Continue, or choose another model.',
  },
  interrupted: {
    status: 409,
    sentence:
      'The server stopped in the middle of this run. Nothing is repeated by itself; send a message to go on.',
  },
  // Sandbox
  sandbox_unavailable: { status: 503, sentence: 'Commands cannot run: {reason} {remedy}' },
  sandbox_gone: { status: 410, sentence: 'The sandbox of this thread is gone. {remedy}' },
  sandbox_unreachable: {
    status: 503,
    sentence: 'The sandbox does not answer. Your files are still in it; try again.',
  },
  path_outside_workspace: {
    status: 400,
    sentence: 'The path "{path}" is outside the workspace. Use a path relative to it.',
  },
  file_not_found: { status: 404, sentence: 'There is no file "{path}" in the workspace.' },
  file_too_large: { status: 413, sentence: '"{path}" is larger than {limit}.' },
  not_a_file: { status: 400, sentence: '"{path}" is not a file.' },
} as const satisfies Record<string, { status: number; sentence: string }>;

export type ErrorCode = keyof typeof errorCatalogue;

/** The one error class that crosses a boundary. `values` fill the sentence; a cause is for the log only. */
export class CrosspointError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly values: Record<string, string | number>;

  constructor(code: ErrorCode, values: Record<string, string | number> = {}, options?: { cause?: unknown }) {
    super(fillSentence(errorCatalogue[code].sentence, values), options);
    this.name = 'CrosspointError';
    this.code = code;
    this.status = errorCatalogue[code].status;
    this.values = values;
  }

  /** The body of an error answer on `/api/*`. */
  toBody(): { error: string; code: ErrorCode } {
    return { error: this.message, code: this.code };
  }
}

function fillSentence(sentence: string, values: Record<string, string | number>): string {
  return sentence.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
