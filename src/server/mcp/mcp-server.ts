import { CrosspointError } from '#protocol/errors.ts';
import type { McpServerView, McpToolView } from '#protocol/mcp.ts';
import type { McpConnection } from './connection.ts';
import type { ServerTool } from './server-tools.ts';
import { variablesOf, type StoredServer } from './server-record.ts';

/** One server: what is kept of it, and what is known of it since the start. */
export class McpServer {
  stored: StoredServer;
  readonly connection: McpConnection;
  /** null: not asked yet, or its connection has ended. */
  live: ServerTool[] | null = null;
  problem: string | null = null;
  #offered: readonly ServerTool[] | null = null;

  constructor(stored: StoredServer, connection: McpConnection) {
    this.stored = stored;
    this.connection = connection;
  }

  /** What models are told of: agreed to, and not known to be something else by now. The same list until that changes. */
  get offered(): readonly ServerTool[] {
    this.#offered ??= this.stored.config.enabled
      ? this.stored.agreed.filter((tool) => this.live?.some(({ hash }) => hash === tool.hash) ?? true)
      : [];
    return this.#offered;
  }

  changed(): void {
    this.#offered = null;
  }

  isAllowed({ hash }: Pick<ServerTool, 'hash'>): boolean {
    return this.stored.allowed.includes(hash);
  }

  /** The tools that a person means, as the server has them now. @throws `mcp_tool_changed` when one is another by now */
  meant(tools: readonly Pick<ServerTool, 'name' | 'hash'>[]): ServerTool[] {
    return tools.map(({ name, hash }) => {
      const found = (this.live ?? this.stored.agreed).find(
        (tool) => tool.hash === hash && tool.name === name,
      );
      if (!found || found.problem)
        throw new CrosspointError('mcp_tool_changed', { tool: name, server: this.stored.config.name });
      return found;
    });
  }

  view(secretOf: (variable: string) => string | null): McpServerView {
    const { id, config } = this.stored;
    return {
      ...config,
      id,
      state: this.problem !== null ? 'failed' : this.live ? 'connected' : 'unknown',
      ...(this.problem === null ? {} : { problem: this.problem }),
      tools: this.#tools(),
      missing: variablesOf(config).filter((variable) => secretOf(variable) === null),
    };
  }

  #tools(): McpToolView[] {
    const { agreed } = this.stored;
    if (!this.live) return agreed.map((tool) => this.#tool(tool, 'offered'));
    const live = this.live.map((tool) => this.#tool(tool, this.#stateOf(tool)));
    const names = new Set(this.live.map(({ name }) => name));
    const gone = agreed.filter(({ name }) => !names.has(name)).map((tool) => this.#tool(tool, 'gone'));
    return [...live, ...gone];
  }

  #stateOf(tool: ServerTool): McpToolView['state'] {
    if (tool.problem) return 'unusable';
    const before = this.stored.agreed.find(({ name }) => name === tool.name);
    if (!before) return 'new';
    return before.hash === tool.hash ? 'offered' : 'changed';
  }

  #tool({ problem, ...tool }: ServerTool, state: McpToolView['state']): McpToolView {
    return { ...tool, state, ...(problem ? { problem } : {}), allowed: this.isAllowed(tool) };
  }
}
