import { CrosspointError, type ErrorCode } from '#protocol/errors.ts';
import type { ErrorFacts } from './error-facts.ts';

/** Whom the error is about, for its sentence. */
export interface ErrorSubject {
  /** The name that a person knows. */
  provider: string;
  model: string;
  /** The environment variable that holds the key. */
  variable: string;
}

/**
 * Sentences and codes of providers that say more than the status does, first match wins.
 * - seal: Anthropic "Invalid `signature` in `thinking` block", "The block is bound to a different conversation"; OpenAI
 *   `invalid_encrypted_content`, "Item with id 'rs_…' not found"; Google "Corrupted thought signature"
 * - context: OpenAI `context_length_exceeded`; Anthropic "prompt is too long", "exceed context limit"; Groq "reduce the
 *   length of the messages"; Google "exceeds the maximum number of tokens"; llama.cpp `exceed_context_size_error`;
 *   OpenAI "Invalid 'messages': array too long. Expected an array with maximum length 2048" (obot-platform/obot#1009);
 *   Z.ai "Prompt exceeds max length"; Alibaba "Range of input length should be"; Copilot "prompt token count of … exceeds";
 *   Mistral "too large for model with … maximum context length"; Bedrock "Input is too long"
 * - credit: OpenAI `insufficient_quota` (429); Anthropic "credit balance is too low" (400), `billing_error`; OpenRouter 402
 * - filter: Azure and OpenAI `content_filter`, `content_policy_violation`, `invalid_prompt`; OpenRouter 403 "flagged"
 * - model: OpenAI `model_not_found`; Groq `model_decommissioned`; OpenRouter "is not a valid model ID", "No endpoints found"
 * - auth: Google "API key not valid. Please pass a valid API key." (400)
 */
const telling: { code: ErrorCode; pattern: RegExp }[] = [
  { code: 'provider_auth', pattern: /api key not valid|api_key_invalid/ },
  {
    code: 'provider_refused_seal',
    pattern:
      /invalid [`'"]?signature[`'"]? in [`'"]?(?:redacted_)?thinking|bound to a different conversation|blocks in the latest assistant message cannot be modified|encrypted[_ ]content\b.{0,200}could not be|invalid_encrypted_content|item with id .{0,200}not found|thought[_ ]signature/,
  },
  {
    code: 'context_overflow',
    pattern:
      /context_length_exceeded|exceed_context_size|maximum context length|prompt is too long|context (?:window|limit|length|size)|input is too long|too many (?:input )?tokens|exceeds? the (?:maximum|max) (?:number of|allowed) (?:input )?tokens|invalid ['"]?(?:messages|input)['"]?: array too long|reduce the length of|model token limit|input length .*exceed|prompt exceeds max length|range of input length should be|prompt token count of \d+ exceeds|tokens \+ `max_new_tokens` must be|must have less than \d+ tokens|contextwindowexceeded|maximum prompt length/,
  },
  {
    code: 'provider_no_credit',
    pattern:
      /insufficient_quota|insufficient[_ ](?:credits?|funds|balance)|credit balance is too low|billing_error|billing_hard_limit|requires more credits|out of credits|payment required/,
  },
  {
    code: 'content_filtered',
    pattern:
      /content_filter|content_policy|content management policy|responsibleaipolicy|invalid_prompt|was flagged|requires moderation|moderation_blocked|safety system|bio_policy|misalignment_policy/,
  },
  {
    code: 'provider_model_not_found',
    pattern:
      /model_not_found|model_decommissioned|not a valid model id|no endpoints found|model [`'"]?[\w./:-]+[`'"]? (?:does not exist|not found|is not found)|unknown model|no such model|invalid model name|model.{0,80}has been (?:decommissioned|deprecated)|model: [\w-]/,
  },
];

/** Types of errors that come inside a 200 stream, where the status says nothing. */
const kinds: { status: number; pattern: RegExp }[] = [
  { status: 401, pattern: /authentication|invalid_api_key|unauthorized/ },
  { status: 403, pattern: /permission|forbidden|access_denied/ },
  { status: 404, pattern: /not_found/ },
  {
    status: 429,
    pattern: /rate_limit|rate-limit|too_many_requests|resource_exhausted|tokens_per|requests_per/,
  },
  { status: 529, pattern: /overloaded|unavailable|capacity/ },
  { status: 500, pattern: /server_error|api_error|internal|timeout|bad_gateway/ },
  { status: 400, pattern: /invalid_request|bad_request|invalid|validation/ },
];

/** Status of an error that came without one; 500 when nothing tells, since it came from the middle of an answer. */
export function impliedStatus({ kind, status, message }: ErrorFacts): number {
  if (status !== undefined) return status;
  const text = kind || message.toLowerCase();
  return kinds.find(({ pattern }) => pattern.test(text))?.status ?? 500;
}

/**
 * The catalogue's code for a refusal. Nothing of the body leaves in the error but, for a bad request, `detail`.
 * @param detail redacted and short
 */
export function classifyError(
  status: number,
  facts: ErrorFacts,
  detail: string,
  subject: ErrorSubject,
): CrosspointError {
  const { provider, model, variable } = subject;
  const code = codeFor(status, facts);
  const values = { provider, model, variable, tries: 'one try', detail, phase: 'answer' };
  return new CrosspointError(code, values);
}

/** Groq (413), OpenAI (429): more tokens in one request than the account has in a minute. Waiting never helps, less does. */
const largerThanTheRate = /request too large for .*tokens per min|reduce your message size/;

function codeFor(status: number, facts: ErrorFacts): ErrorCode {
  if (status === 401) return 'provider_auth';
  const text = `${facts.kind} ${facts.message}`.toLowerCase();
  if (status < 500 && largerThanTheRate.test(text)) return 'context_overflow';
  const told = status >= 500 ? undefined : telling.find(({ pattern }) => pattern.test(text));
  if (told && !(told.code === 'context_overflow' && status === 429)) return told.code;
  if (status === 402) return 'provider_no_credit';
  if (status === 403) return /api[_ ]key/.test(text) ? 'provider_auth' : 'provider_forbidden';
  if (status === 404 && facts.kind + facts.message !== '' && /model|not_found/.test(text))
    return 'provider_model_not_found';
  if (status === 429) return 'provider_rate_limited';
  if (status === 408 || status >= 500) return 'provider_overloaded';
  return 'provider_bad_request';
}
