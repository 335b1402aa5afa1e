import type { CatalogueEntry } from './entry.ts';

/** What is wrong with a request, or with the server that it reached. */
export const requestErrors = {
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
} as const satisfies Record<string, CatalogueEntry>;
