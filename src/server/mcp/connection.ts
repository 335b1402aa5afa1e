import type * as Sdk from '@modelcontextprotocol/client';
import { CrosspointError } from '#protocol/errors.ts';
import { readTools, type ServerTool } from './server-tools.ts';

export interface ConnectionParts {
  /** Of the server, for sentences. */
  server: string;
  version: string;
  /** A new one each time: a transport is used once. */
  transport: () => Promise<Sdk.Transport>;
  /**
   * Whether the newest revision of the protocol is asked for first. Over standard input an old server may stay silent to that,
   * and every server so far speaks the older one too.
   */
  asksForNewest: boolean;
  /** Its tools, whenever they were read; null: it is not known any more, the connection has ended. */
  onTools: (tools: ServerTool[] | null) => void;
  /** Takes secrets out of what the server says. */
  redact: (text: string) => string;
}

export interface CallOptions {
  signal: AbortSignal;
  onProgress: (line: string) => void;
}

/** Milliseconds. */
const connectMs = 30_000;
const listMs = 30_000;
/** Without progress, and at most. */
const callMs = 120_000;
const longestCallMs = 600_000;
/** After which the list of tools is read again before a call: not every server tells that it changed. */
const freshMs = 30_000;
const detailCharacters = 300;
/** Of a list of tools. */
const mostPages = 10;

/** One server: connected when it is first needed, and anew after it has ended. */
export class McpConnection {
  readonly #parts: ConnectionParts;
  /** Loaded with the first connection: most servers of ours never need it. */
  #sdk: typeof Sdk | null = null;
  #client: Promise<Sdk.Client> | null = null;
  #tools: ServerTool[] = [];
  #listedAt = 0;
  #isConnected = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  /** Asks the server for its tools. @throws `mcp_unreachable`, `mcp_not_started`, `mcp_refused`, `mcp_no_answer` */
  async list(): Promise<ServerTool[]> {
    const client = await this.#connected();
    try {
      const { tools } = await client.listTools(undefined, { timeout: listMs, cacheMode: 'refresh' });
      return this.#know(tools);
    } catch (cause) {
      throw this.#failure(cause);
    }
  }

  /**
   * Calls a tool, when it is what it was agreed to be.
   * @throws `mcp_tool_changed` and as `list`; the reason of the signal
   */
  async call(
    { name, hash }: Pick<ServerTool, 'name' | 'hash'>,
    args: Record<string, unknown>,
    { signal, onProgress }: CallOptions,
  ): Promise<Sdk.CallToolResult> {
    const client = await this.#connected();
    if (performance.now() - this.#listedAt > freshMs) await this.list();
    if (this.#tools.find((tool) => tool.name === name)?.hash !== hash)
      throw new CrosspointError('mcp_tool_changed', { tool: name, server: this.#parts.server });
    try {
      return await client.callTool(
        { name, arguments: args },
        {
          signal,
          timeout: callMs,
          maxTotalTimeout: longestCallMs,
          resetTimeoutOnProgress: true,
          onprogress: ({ progress, total, message }) =>
            onProgress(this.#line(message ?? `${progress}${total === undefined ? '' : ` of ${total}`}`)),
        },
      );
    } catch (cause) {
      signal.throwIfAborted();
      throw this.#failure(cause);
    }
  }

  /** One that is still connecting is closed when it has connected: nobody waits for a server that stays silent. */
  async close(): Promise<void> {
    const made = this.#client;
    this.#client = null;
    const closed = made?.then((client) => client.close()).catch(() => undefined);
    if (this.#isConnected) await closed;
  }

  async #connected(): Promise<Sdk.Client> {
    this.#client ??= this.#connect();
    const made = this.#client;
    try {
      return await made;
    } catch (cause) {
      if (this.#client === made) this.#client = null;
      throw cause;
    }
  }

  async #connect(): Promise<Sdk.Client> {
    const { server, version, transport, asksForNewest } = this.#parts;
    this.#sdk ??= await import('@modelcontextprotocol/client');
    const client = new this.#sdk.Client(
      { name: 'crosspoint', version },
      {
        capabilities: {},
        versionNegotiation: { mode: asksForNewest ? 'auto' : 'legacy' },
        listMaxPages: mostPages,
        // Nothing is asked of the person in a server's name.
        inputRequired: { autoFulfill: false },
        listChanged: { tools: { onChanged: (_error, tools) => void (tools && this.#know(tools)) } },
        // A schema of a stranger is never made into code: results are read as they are.
        jsonSchemaValidator: {
          getValidator: () => (input) => ({ valid: true, data: input as never, errorMessage: undefined }),
        },
      },
    );
    client.onclose = () => this.#forget(client);
    try {
      await client.connect(await transport(), { timeout: connectMs });
      const { tools } = await client.listTools(undefined, { timeout: listMs });
      this.#know(tools);
      this.#isConnected = true;
      return client;
    } catch (cause) {
      await client.close().catch(() => undefined);
      if (cause instanceof CrosspointError) throw cause;
      if (this.#isUnauthorized(cause)) throw new CrosspointError('mcp_sign_in_needed', { server }, { cause });
      throw new CrosspointError('mcp_unreachable', { server, detail: this.#detail(cause) }, { cause });
    }
  }

  /** It refused a token that was just given or renewed. */
  #isUnauthorized(cause: unknown): boolean {
    const { SdkError, SdkErrorCode } = this.#sdk as typeof Sdk;
    return cause instanceof SdkError && cause.code === SdkErrorCode.ClientHttpAuthentication;
  }

  #know(given: Parameters<typeof readTools>[1]): ServerTool[] {
    this.#tools = readTools(this.#parts.server, given);
    this.#listedAt = performance.now();
    this.#parts.onTools(this.#tools);
    return this.#tools;
  }

  #forget(client: Sdk.Client): void {
    void this.#client?.then(
      (current) => {
        if (current !== client) return;
        this.#isConnected = false;
        this.#client = null;
        this.#parts.onTools(null);
      },
      () => undefined,
    );
  }

  #failure(cause: unknown): CrosspointError {
    const { server } = this.#parts;
    if (cause instanceof CrosspointError) return cause;
    const { ProtocolError, SdkError, SdkErrorCode } = this.#sdk as typeof Sdk;
    if (cause instanceof ProtocolError)
      return new CrosspointError('mcp_refused', { server, detail: this.#detail(cause) }, { cause });
    const isSilent =
      cause instanceof SdkError &&
      [SdkErrorCode.RequestTimeout, SdkErrorCode.ConnectionClosed].includes(cause.code);
    if (isSilent) return new CrosspointError('mcp_no_answer', { server }, { cause });
    if (this.#isUnauthorized(cause)) return new CrosspointError('mcp_sign_in_needed', { server }, { cause });
    // The session may be lost: the next call begins a new one.
    void this.close();
    return new CrosspointError('mcp_unreachable', { server, detail: this.#detail(cause) }, { cause });
  }

  /** The innermost cause: those around it say that something failed. */
  #detail(cause: unknown): string {
    let detail = String(cause);
    for (let at: unknown = cause; at instanceof Error; at = at.cause) detail = at.message || detail;
    return this.#line(detail);
  }

  /** Of what a server says, a line that may be shown. */
  #line(text: string): string {
    return this.#parts
      .redact(text.slice(0, 10 * detailCharacters).replaceAll(/\s+/g, ' '))
      .slice(0, detailCharacters);
  }
}
