import type { UsageEntry } from '#protocol/usage.ts';
import type { RequestContext } from '../types.ts';

/** One request for vectors. */
export interface EmbeddingCall {
  /** A preset, `provider/model`, a bare id, a name of the gateway's file, or a chain of them. */
  model: string;
  /** At least one, none of them empty. */
  inputs: readonly string[];
  /** Fields of the body beside OpenAI's own, e.g. Voyage's `input_type`. */
  extra?: Readonly<Record<string, unknown>>;
  context: RequestContext;
}

export interface EmbeddingAnswer {
  /** In the order of the inputs, all of one length. */
  vectors: number[][];
  /** Who answered: of a chain it may be any. */
  provider: string;
  model: string;
  /** Of the attempt that answered. */
  usage: UsageEntry;
}

/** The server's own way to models that make vectors, with the same keys, limits and ledger as every other call. */
export interface Embeddings {
  /**
   * With the gateway's own retries. Every attempt gives one ledger row.
   * @throws CrosspointError `provider_*`, `unknown_model`, `model_unavailable`, `rate_limited`, `budget_exhausted`; the
   *   signal's reason where it stopped the call
   */
  embed(call: EmbeddingCall, signal: AbortSignal): Promise<EmbeddingAnswer>;
  close(): Promise<void>;
}
