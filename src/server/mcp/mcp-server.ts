import { CrosspointError } from '#protocol/errors.ts';
import type { McpServerView, McpToolView } from '#protocol/mcp.ts';
import type { McpConnection } from './connection.ts';
import type { ServerTool } from './server-tools.ts';
import { threadOf, variablesOf, type StoredServer } from './server-record.ts';

/** A tool that models are told of, and what a call of it needs. */
export interface OfferedTool {
  serverId: string;
  server: string;
  tool: ServerTool;
  /** Its calls run without a review, by a person's rule. */
  isAllowed: boolean;
  /** It runs in the workspace, and may change files. */
  isInside: boolean;
}

/** One server: what is kept of it, and what is known of it since the start. */
export class McpServer {
  stored: StoredServer;
  readonly connection: McpConnection;
  /** null: not asked yet, or its connection has ended. */
  live: ServerTool[] | null = null;
  problem: string | null = null;
  needsSignIn = false;
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

  /** The same, with what a call needs. */
  offers(): OfferedTool[] {
    const { id, config } = this.stored;
    return this.offered.map((tool) => ({
      serverId: id,
      server: config.name,
      tool,
      isAllowed: this.isAllowed(tool),
      isInside: threadOf(config) !== null,
    }));
  }

  /** What a person has to know of a failure of the server. */
  failed({ code, message }: CrosspointError): void {
    this.problem = message;
    this.needsSignIn = code === 'mcp_sign_in_needed';
  }

  works(): void {
    this.problem = null;
    this.needsSignIn = false;
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

  /** @param secretOf the value of a variable */
  view(secretOf: (variable: string) => string | null, isSignedIn: boolean): McpServerView {
    const { id, config } = this.stored;
    return {
      ...config,
      id,
      state: this.problem !== null ? 'failed' : this.live ? 'connected' : 'unknown',
      ...(this.problem === null ? {} : { problem: this.problem }),
      signIn: this.needsSignIn ? 'needed' : isSignedIn ? 'signed-in' : 'none',
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
