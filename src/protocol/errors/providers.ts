import type { CatalogueEntry } from './entry.ts';

/** What came of asking a provider, as the gateway reports it. */
export const providerErrors = {
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
  content_filtered: { status: 502, sentence: '{provider} filtered the answer.' },
} as const satisfies Record<string, CatalogueEntry>;
