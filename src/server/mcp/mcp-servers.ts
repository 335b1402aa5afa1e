import { randomUUID } from 'node:crypto';
import { CrosspointError } from '#protocol/errors.ts';
import type { McpCallback, McpServerConfig, McpServerView } from '#protocol/mcp.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { SettingsStore } from '#server/store/store.ts';
import { readResult, type McpResult } from './call-result.ts';
import { McpConnection, type CallOptions } from './connection.ts';
import { McpServer, type OfferedTool } from './mcp-server.ts';
import { SignIns } from './oauth/sign-ins.ts';
import { openTransport } from './open-transport.ts';
import { ServerList } from './server-list.ts';
import { readServers, signInServerOf, threadOf, variablesOf, type StoredServer } from './server-record.ts';
import type { ServerTool } from './server-tools.ts';
import { withoutSecrets } from './without-secrets.ts';

export interface McpParts {
  settings: SettingsStore;
  /** The value of a variable of the environment; null: it is not set. */
  secretOf: (variable: string) => string | null;
  version: string;
  /** The sandbox of a thread. */
  openSandbox: (threadId: string) => Promise<Sandbox>;
  logger?: { warn(details: object, message: string): void };
  /** Milliseconds that only grow, for what has a time limit. */
  now?: () => number;
}

/** That a model is told of at the same time; providers take 128 in all. */
const mostTools = 100;

/** The MCP servers that a person added, and their tools. */
export class McpServers {
  readonly #parts: McpParts;
  readonly #signIns: SignIns;
  readonly #servers: ServerList;
  /** What was offered last, by thread: the same objects as long as nothing changed. */
  readonly #offered = new Map<string, readonly OfferedTool[]>();

  private constructor(parts: McpParts, signIns: SignIns) {
    this.#parts = parts;
    this.#signIns = signIns;
    this.#servers = new ServerList(parts.settings);
  }

  static async open(parts: McpParts): Promise<McpServers> {
    const servers = new McpServers(parts, await SignIns.open(parts));
    const onLost = (count: number) =>
      parts.logger?.warn({ count }, 'MCP servers of another version were left out');
    for (const stored of await readServers(parts.settings, onLost)) servers.#put(stored);
    return servers;
  }

  /** @throws `not_found` */
  assertThere(id: string): void {
    this.#servers.require(id);
  }

  /** Of every thread, and of this one. */
  list(threadId: string | null): McpServerView[] {
    return this.#servers.seenBy(threadId).map((server) => this.#view(server));
  }

  /** @throws `mcp_name_taken`, `mcp_too_many`, `mcp_address_refused` */
  async add(config: McpServerConfig): Promise<McpServerView> {
    this.#servers.assertRoom();
    this.#servers.assertUsable(config, null);
    const server = this.#put({ id: randomUUID(), config, agreed: [], allowed: [] });
    await this.#servers.save();
    return this.#view(server);
  }

  /** Another address or command is another server: what was agreed to counts no more. @throws as `add`, `not_found` */
  async change(id: string, config: McpServerConfig): Promise<McpServerView> {
    const { stored, connection } = this.#servers.require(id);
    this.#servers.assertUsable(config, id);
    const isSameTransport = JSON.stringify(config.transport) === JSON.stringify(stored.config.transport);
    const isSame = isSameTransport && config.name === stored.config.name;
    await connection.close();
    if (!isSameTransport) await this.#signIns.forget(id);
    const server = this.#put(isSame ? { ...stored, config } : { id, config, agreed: [], allowed: [] });
    await this.#servers.save();
    return this.#view(server);
  }

  async remove(id: string): Promise<void> {
    const { connection } = this.#servers.require(id);
    this.#servers.delete(id);
    this.#offered.clear();
    await connection.close();
    await this.#signIns.forget(id);
    await this.#servers.save();
  }

  /** Its workspace goes, and with it what runs there. */
  async forgetThread(threadId: string): Promise<void> {
    for (const { stored } of this.#servers.all())
      if (threadOf(stored.config) === threadId) await this.remove(stored.id);
    this.#offered.delete(threadId);
  }

  /** Asks the server for its tools; that it fails is in the view. @throws `not_found`, `mcp_disabled` */
  async look(id: string): Promise<McpServerView> {
    const server = this.#enabled(id);
    try {
      await server.connection.list();
      server.works();
    } catch (cause) {
      if (!(cause instanceof CrosspointError)) throw cause;
      server.failed(cause);
    }
    return this.#view(server);
  }

  /**
   * @param redirectUrl of our page
   * @returns where the person says yes
   * @throws `not_found`, `mcp_disabled`, `mcp_no_sign_in`, `mcp_sign_in_failed`
   */
  async signIn(id: string, userId: string, redirectUrl: string): Promise<string> {
    const { stored } = this.#enabled(id);
    const signedInTo = signInServerOf(stored);
    if (!signedInTo) throw new CrosspointError('mcp_no_sign_in');
    // Its refusal names where its metadata is, and what to ask for.
    if (!this.#signIns.knowsHow(id)) await this.look(id);
    return this.#signIns.begin(signedInTo, userId, redirectUrl);
  }

  /** The person came back from where they said yes. @throws `mcp_sign_in_expired`, `mcp_sign_in_failed` */
  async finishSignIn(callback: McpCallback, userId: string): Promise<McpServerView> {
    const server = this.#servers.require(await this.#signIns.finish(callback, userId));
    await server.connection.close();
    server.works();
    return this.#view(server);
  }

  async signOut(id: string): Promise<McpServerView> {
    const server = this.#servers.require(id);
    await this.#signIns.forget(id);
    await server.connection.close();
    server.works();
    server.needsSignIn = true;
    return this.#view(server);
  }

  /** From now on models are told of exactly these. @throws `mcp_tool_changed`, `mcp_too_many` */
  async agree(id: string, tools: readonly Pick<ServerTool, 'name' | 'hash'>[]): Promise<McpServerView> {
    const server = this.#servers.require(id);
    const agreed = server.meant(tools);
    const others = this.#servers.othersBeside(server.stored.config, id);
    const count = others.reduce((sum, { stored }) => sum + stored.agreed.length, agreed.length);
    if (count > mostTools) throw new CrosspointError('mcp_too_many', { limit: mostTools, what: 'tools' });
    const hashes = new Set(agreed.map(({ hash }) => hash));
    const allowed = server.stored.allowed.filter((hash) => hashes.has(hash));
    return this.#update(server, { agreed, allowed });
  }

  /** @throws `mcp_tool_changed` when nobody agreed to this tool as it is */
  async setRule(id: string, hash: string, tool: string, allowed: boolean): Promise<McpServerView> {
    const server = this.#servers.require(id);
    if (!server.offered.some((offered) => offered.hash === hash))
      throw new CrosspointError('mcp_tool_changed', { tool, server: server.stored.config.name });
    const others = server.stored.allowed.filter((other) => other !== hash);
    return this.#update(server, { allowed: allowed ? [...others, hash] : others });
  }

  /** The same list, of the same objects, as long as nothing changed. */
  offeredTo(threadId: string): readonly OfferedTool[] {
    const known = this.#offered.get(threadId);
    if (known) return known;
    const offered = this.#servers.seenBy(threadId).flatMap((server) => server.offers());
    this.#offered.set(threadId, offered);
    return offered;
  }

  /** @throws `not_found`, `mcp_disabled`, `mcp_tool_changed`, `mcp_unreachable`, `mcp_no_answer`, `mcp_refused` */
  async call(
    { serverId, tool }: OfferedTool,
    args: Record<string, unknown>,
    options: CallOptions,
  ): Promise<McpResult> {
    const server = this.#enabled(serverId);
    const result = readResult(await this.#called(server, server.connection.call(tool, args, options)));
    return { ...result, text: this.#redacted(result.text) };
  }

  /** Values that are sent to servers: to be kept out of everything else. */
  secrets(): (string | null)[] {
    const named = this.#servers
      .all()
      .flatMap(({ stored }) => variablesOf(stored.config).map((variable) => this.#parts.secretOf(variable)));
    return [...named, ...this.#signIns.secrets()];
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.all().map(({ connection }) => connection.close()));
  }

  /** That the person has to sign in again is seen in the settings too. */
  async #called<Result>(server: McpServer, calling: Promise<Result>): Promise<Result> {
    try {
      return await calling;
    } catch (cause) {
      if (cause instanceof CrosspointError && cause.code === 'mcp_sign_in_needed') server.failed(cause);
      throw cause;
    }
  }

  #enabled(id: string): McpServer {
    const server = this.#servers.require(id);
    const { name, enabled } = server.stored.config;
    if (!enabled) throw new CrosspointError('mcp_disabled', { server: name });
    return server;
  }

  #view(server: McpServer): McpServerView {
    return server.view(this.#parts.secretOf, this.#signIns.has(server.stored.id));
  }

  async #update(server: McpServer, change: Partial<StoredServer>): Promise<McpServerView> {
    server.stored = { ...server.stored, ...change };
    this.#onChange(server);
    await this.#servers.save();
    return this.#view(server);
  }

  #onChange(server: McpServer): void {
    server.changed();
    this.#offered.clear();
  }

  #put(stored: StoredServer): McpServer {
    const server: McpServer = new McpServer(
      stored,
      new McpConnection({
        server: stored.config.name,
        version: this.#parts.version,
        transport: () => openTransport(stored, this.#parts, this.#signIns),
        asksForNewest: stored.config.transport.type === 'http',
        redact: (text) => this.#redacted(text),
        onTools: (tools) => {
          server.live = tools;
          if (tools) server.works();
          this.#onChange(server);
        },
      }),
    );
    this.#servers.put(server);
    this.#offered.clear();
    return server;
  }

  #redacted(text: string): string {
    return withoutSecrets(text, this.secrets());
  }
}
