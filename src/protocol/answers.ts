import type { CodeSearchView } from './code-index.ts';
import type { GatewayConfig } from './gateway-config.ts';
import type { Model, ModelConfig } from './model.ts';
import type { ThreadSummary } from './thread.ts';
import type { UsageGrouping, UsageTotals } from './usage-reports.ts';

/** Bodies of the `GET` answers of `/api` that are not an object of their own file (CONTRACT section 3). */

export interface ModelsAnswer {
  models: Model[];
  /** The names that `modelName` takes. */
  presets: string[];
}

export interface ThreadsAnswer {
  /** Newest change first. */
  threads: ThreadSummary[];
}

export interface WorkspaceEntry {
  /** Relative to the workspace. */
  path: string;
  type: 'file' | 'directory' | 'link' | 'other';
  /** Bytes. */
  size: number;
}

/** `GET /api/threads/{id}/files?path=`: one folder, not its subfolders. */
export interface FilesAnswer {
  path: string;
  entries: WorkspaceEntry[];
}

/** `GET /api/threads/{id}/files/content?path=`. */
export interface FileContentAnswer {
  path: string;
  /** Bytes of the whole file. */
  size: number;
  /** Text as UTF-8; null for a binary file. */
  content: string | null;
  /** True when `content` is only the beginning. */
  truncated: boolean;
  /** SHA-256 of the bytes in hex: who saves says what they had seen. */
  hash: string;
}

/**
 * Sums over the ledger for one key; the key of `thread` is its id, of `day` an ISO date in UTC, of `key` its id. What has
 * none (the agent's own requests by `key`, say) is under the empty text.
 */
export interface UsageSum extends UsageTotals {
  key: string;
  /** By model: what else served it than was asked; absent when nothing did. */
  servedOtherwise?: string[];
}

/** `GET /api/usage?groupBy=`. */
export interface UsageAnswer {
  groupBy: UsageGrouping;
  groups: UsageSum[];
}

/** `GET` and `PUT /api/preferences`: a person's own, shared by all browsers. Models are `provider/model`. */
export interface Preferences {
  favouriteModels: string[];
  /** Newest first. */
  recentModels: string[];
  /** What was chosen before the present one. */
  previousModel: string | null;
}

export interface ProviderState {
  id: string;
  label: string;
  kind: 'cloud' | 'local' | 'custom' | 'demo';
  /** A key is set, or a server was found. */
  configured: boolean;
  /** The environment variable that adds it. */
  variable?: string;
  /** Why it cannot be used, as a sentence. */
  reason?: string;
  /** Usable models. */
  models: number;
}

/** `GET /api/config`: what is configured, never a secret. */
export interface ConfigAnswer {
  version: string;
  providers: ProviderState[];
  defaultModel: ModelConfig;
  helicone: { mode: 'proxy' | 'gateway' } | null;
  sandbox: { provider: 'local' | 'e2b' | 'daytona'; ready: boolean; reason?: string };
  store: 'sqlite' | 'postgres';
  webSearch: boolean;
  /** Lazy edits can be merged, where a thread wants it. */
  fastApply: boolean;
  codeSearch: CodeSearchView;
  /** The first message of the scripted demo. */
  demoTask: string;
}

/** `GET` and `PUT /api/gateway`: docs/gateway.md says what `config` holds. */
export interface GatewayAnswer {
  config: GatewayConfig;
  /** The file that it comes from; null when it is kept in the settings. */
  file: string | null;
  readOnly: boolean;
  /** The variables that it names, and whether the environment has them: never their values. */
  variables: { name: string; set: boolean }[];
}

/** `GET /api/gateway/health` */
export interface GatewayHealthAnswer {
  endpoints: EndpointHealthState[];
}

/** One model behind one key. */
export interface EndpointHealthState {
  /** Of the provider and the key's variable. */
  id: string;
  provider: string;
  model: string;
  /** The variable that holds the key; null where none is needed. */
  key: string | null;
  /** Within the breaker's window. */
  requests: number;
  errorRatio: number | null;
  /** A moving average: to the first token of a stream, else to the answer. */
  latencyMs: number | null;
  breaker: 'closed' | 'open' | 'half-open';
  /** Why it is left out at the moment, where there is another one. */
  out: 'failing' | 'rate-limited' | 'refused-key' | null;
  /** Milliseconds until it is tried again. */
  untilMs: number | null;
}
