import type { EndpointHealthState, ProviderState } from '#protocol/answers.ts';
import type { AgentService } from '#server/agent/types.ts';
import type { Config } from '#server/config.ts';
import type { AnswerCache } from '#server/gateway/cache/response-cache.ts';
import type { KeyOffice } from '#server/gateway/keys/key-office.ts';
import type { GatewaySettings } from '#server/gateway/routing/gateway-settings.ts';
import type { PublicGateway } from '#server/gateway/v1/serve.ts';
import type { McpServers } from '#server/mcp/mcp-servers.ts';
import type { ModelManager } from '#server/models/types.ts';
import type { BodyStore } from '#server/store/bodies.ts';
import type { Store } from '#server/store/store.ts';
import type { CodeSearch } from '#server/search/code-search.ts';
import type { Hybrid } from '#server/search/hybrid/open-hybrid.ts';
import type { TerminalDesk } from '#server/terminal/terminal-desk.ts';
import type { EventLog } from '#server/stream/log.types.ts';
import type { Workspaces } from '#server/workspace/types.ts';

/** What the endpoints need; built by `createApp` in `app.ts`, the only place where things are wired together. */
export interface Services {
  config: Config;
  /** Of package.json, for the page. */
  version: string;
  store: Store;
  log: EventLog;
  agent: AgentService;
  models: ModelManager;
  /** `/v1`. */
  v1: PublicGateway;
  /** Keys and endpoints of the gateway: how they are configured, and how they are. */
  routing: { settings: GatewaySettings; health: () => EndpointHealthState[] };
  /** Requests and answers that were kept. */
  bodies: Pick<BodyStore, 'read'>;
  /** The response cache, of the agent and of `/v1`. */
  cache: Pick<AnswerCache, 'size' | 'deleteOf'>;
  /** What `/metrics` says; null: it is not there. */
  metrics: { text(): string } | null;
  /** Minted keys for `/v1`. */
  keys: KeyOffice;
  /** In the order of the picker. */
  providerStates: () => ProviderState[];
  workspaces: Workspaces;
  terminals: TerminalDesk;
  mcp: McpServers;
  codeSearch: Pick<CodeSearch, 'state'>;
  /** The embedding model and whether it is used; null where none is configured. */
  hybrid?: Pick<Hybrid, 'model' | 'isUsed' | 'verdict'> | null;
  /** Whether the agent has the tool. */
  searchesWeb: boolean;
  /** The first message of the scripted demo. */
  demoTask: string;
  logger: Logger;
}

/** The part of pino that the server uses. Details are facts about a request, never bodies. */
export interface Logger {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** Crosspoint has one person; tables and ledger carry the id so that several can follow. */
export const ownerId = 'owner';
