import { CrosspointError } from '#protocol/errors.ts';
import type { McpServerConfig } from '#protocol/mcp.ts';
import type { SettingsStore } from '#server/store/store.ts';
import { assertMayBeAsked } from './address.ts';
import type { McpServer } from './mcp-server.ts';
import { oneAfterAnother } from './one-after-another.ts';
import { seeEachOther, threadOf, writeServers } from './server-record.ts';

const mostServers = 40;

/** The servers that a person added, as they are kept. */
export class ServerList {
  readonly #servers = new Map<string, McpServer>();
  readonly save: () => Promise<unknown>;

  constructor(settings: SettingsStore) {
    this.save = oneAfterAnother(() =>
      writeServers(
        settings,
        this.all().map(({ stored }) => stored),
      ),
    );
  }

  all(): McpServer[] {
    return [...this.#servers.values()];
  }

  /** In the place of the one with the same id. It is not saved yet. */
  put(server: McpServer): void {
    this.#servers.set(server.stored.id, server);
  }

  delete(id: string): void {
    this.#servers.delete(id);
  }

  /** @throws `not_found` */
  require(id: string): McpServer {
    const server = this.#servers.get(id);
    if (!server) throw new CrosspointError('not_found', { what: 'MCP server' });
    return server;
  }

  /** Those of every thread and, with `threadId`, of this one. */
  seenBy(threadId: string | null): McpServer[] {
    return this.all().filter(({ stored }) => {
      const own = threadOf(stored.config);
      return own === null || own === threadId;
    });
  }

  /** The other servers that some thread sees together with one of this configuration. */
  othersBeside(config: McpServerConfig, id: string | null): McpServer[] {
    return this.all().filter(({ stored }) => stored.id !== id && seeEachOther(stored.config, config));
  }

  /** @throws `mcp_too_many` */
  assertRoom(): void {
    if (this.#servers.size >= mostServers)
      throw new CrosspointError('mcp_too_many', { limit: mostServers, what: 'MCP servers' });
  }

  /** @param id of the server that it is for; null: a new one. @throws `mcp_address_refused`, `mcp_name_taken` */
  assertUsable(config: McpServerConfig, id: string | null): void {
    if (config.transport.type === 'http') assertMayBeAsked(new URL(config.transport.url));
    const taken = this.othersBeside(config, id).some(({ stored }) => stored.config.name === config.name);
    if (taken) throw new CrosspointError('mcp_name_taken', { name: config.name });
  }
}
