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
  /** The first message of the scripted demo. */
  demoTask: string;
}
