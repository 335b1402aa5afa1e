/** Keys for `/v1` that are made in the settings or by command: `GET` and `POST /api/keys`, `PATCH` and `DELETE /api/keys/{id}`. */

/** What a key may use; absent means unlimited. */
export interface KeyLimits {
  requestsPerMinute?: number;
  tokensPerMinute?: number;
  concurrency?: number;
  /** Milliseconds that a request may wait for its turn instead of failing; absent: it fails at once. */
  queueMs?: number;
}

export interface KeyBudget {
  usd: number;
  period: 'day' | 'month' | 'total';
  /** true: models whose price nobody knows may be called, and such calls count nothing. Default: they are refused. */
  allowUnpriced?: boolean;
}

/** What counts against a key's budget in the period that runs. The limits decide by these figures, not by the ledger. */
export interface BudgetUse {
  spentUsd: number;
  /** The most that calls which have not ended may cost; it counts until they end. */
  heldUsd: number;
  /** Calls that counted nothing, because nobody knows their price and the budget allows it. */
  unpricedCalls: number;
  /** ISO 8601: when it counts anew; null for a budget that never does. */
  resetsAt: string | null;
}

/** A key as it is shown: never the key itself. */
export interface KeyView {
  id: string;
  name: string;
  /** Its beginning, e.g. `cp-4fTz`, and its end: enough to tell it from others, far too little to use it. */
  prefix: string;
  last4: string;
  /** `provider/model`, `provider/*`, or a name that a request may give as its `model`; null allows every model. */
  models: string[] | null;
  limits: KeyLimits;
  budget: KeyBudget | null;
  /** null: it has no budget, or what was spent cannot be read at the moment. */
  budgetUse: BudgetUse | null;
  /** Whether requests and answers are kept as they were sent, without secrets. */
  storeBodies: boolean;
  status: 'active' | 'expired' | 'revoked';
  /** ISO 8601 */
  createdAt: string;
  expiresAt: string | null;
  /** To within five minutes. */
  lastUsedAt: string | null;
  revokedAt: string | null;
}

/** `GET /api/keys`: newest first. */
export interface KeysAnswer {
  keys: KeyView[];
}

/** `PATCH` and `DELETE /api/keys/{id}`. */
export interface KeyAnswer {
  key: KeyView;
}

/** `POST /api/keys`: the only time that the key is shown. */
export interface NewKeyAnswer extends KeyAnswer {
  secret: string;
}
