import type {
  McpAnswer,
  McpCallback,
  McpServerConfig,
  McpServerView,
  McpSignIn,
  McpToolView,
} from '#protocol/mcp.ts';

type Ask = <Body>(method: string, path: string, body?: unknown) => Promise<Body>;
type ShownTool = Pick<McpToolView, 'name' | 'hash'>;

/** Servers of tools: those of every thread, and those of a workspace. */
export class McpApi {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  list = (threadId: string | null) =>
    this.#ask<McpAnswer>(
      'GET',
      `/api/mcp${threadId === null ? '' : `?threadId=${encodeURIComponent(threadId)}`}`,
    );
  add = (config: McpServerConfig) => this.#ask<McpServerView>('POST', '/api/mcp', config);
  change = (id: string, config: McpServerConfig) => this.#ask<McpServerView>('PUT', pathOf(id), config);
  remove = (id: string) => this.#ask<{ removed: true }>('DELETE', pathOf(id), {});
  /** Connects to it, or starts it, and reads its tools. */
  look = (id: string) => this.#ask<McpServerView>('POST', `${pathOf(id)}/look`, {});
  /** Models are told of exactly these. */
  agree = (id: string, tools: readonly ShownTool[]) =>
    this.#ask<McpServerView>('POST', `${pathOf(id)}/consent`, {
      tools: tools.map(({ name, hash }) => ({ name, hash })),
    });
  setRule = (id: string, { name, hash }: ShownTool, allowed: boolean) =>
    this.#ask<McpServerView>('POST', `${pathOf(id)}/rules`, { tool: name, hash, allowed });
  /** Where the person says yes. */
  signIn = (id: string) => this.#ask<McpSignIn>('POST', `${pathOf(id)}/sign-in`, {});
  finishSignIn = (callback: McpCallback) => this.#ask<McpServerView>('POST', '/api/mcp-callback', callback);
  signOut = (id: string) => this.#ask<McpServerView>('DELETE', `${pathOf(id)}/sign-in`, {});
}

const pathOf = (id: string) => `/api/mcp/${encodeURIComponent(id)}`;
