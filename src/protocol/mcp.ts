import * as v from 'valibot';

/** Servers of tools (Model Context Protocol): what a person may send about them, and what is shown (docs/mcp.md). */

/** Secrets are named, never given: only variables of the environment that were meant for this can be sent to a server. */
const variable = v.pipe(
  v.string(),
  v.regex(/^MCP_[A-Z0-9_]{1,60}$/, 'must name an environment variable that begins with MCP_'),
);

const name = v.pipe(
  v.string(),
  v.regex(
    /^(?=.{1,24}$)[a-z0-9]+(?:-[a-z0-9]+)*$/,
    'must be at most 24 lower-case letters, digits and single hyphens',
  ),
);

const header = v.object({
  name: v.pipe(v.string(), v.regex(/^[A-Za-z0-9-]{1,60}$/, 'must be the name of a header')),
  variable,
});

const http = v.object({
  type: v.literal('http'),
  /** https, or http to this machine. */
  url: v.pipe(v.string(), v.trim(), v.maxLength(2_000), v.url()),
  /** Whose value is sent as `Authorization: Bearer`. */
  bearerVariable: v.optional(v.nullable(variable), null),
  headers: v.optional(v.pipe(v.array(header), v.maxLength(8)), []),
  /** Addresses of a private network may be asked. */
  allowPrivate: v.optional(v.boolean(), false),
});

const stdio = v.object({
  type: v.literal('stdio'),
  /** A line of bash, run in the workspace inside the sandbox of the thread. */
  command: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(2_000)),
  /** Whose workspace. */
  threadId: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
});

export const mcpServerConfig = v.object({
  name,
  enabled: v.optional(v.boolean(), true),
  transport: v.variant('type', [http, stdio]),
});
export type McpServerConfig = v.InferOutput<typeof mcpServerConfig>;
export type McpTransport = McpServerConfig['transport'];
export type HttpTransport = Extract<McpTransport, { type: 'http' }>;

/** What a person saw of a tool when they agreed to it, by its hash. */
export const mcpConsent = v.object({
  tools: v.pipe(
    v.array(v.object({ name: v.pipe(v.string(), v.maxLength(200)), hash: v.pipe(v.string(), v.length(64)) })),
    v.maxLength(200),
  ),
});

/** Whether calls of a tool, as it is now, run without a review. */
export const mcpRule = v.object({
  tool: v.pipe(v.string(), v.maxLength(200)),
  hash: v.pipe(v.string(), v.length(64)),
  allowed: v.boolean(),
});

/** What an authorization server sent the person back with (RFC 6749, section 4.1.2; RFC 9207). */
export const mcpCallback = v.object({
  state: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  code: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(4_000))),
  iss: v.optional(v.pipe(v.string(), v.maxLength(2_000))),
  error: v.optional(v.pipe(v.string(), v.maxLength(200))),
  errorDescription: v.optional(v.pipe(v.string(), v.maxLength(1_000))),
});
export type McpCallback = v.InferOutput<typeof mcpCallback>;

/** Where a person says yes: opened in their browser. */
export interface McpSignIn {
  url: string;
}

/** Of our page, where an authorization server sends the person back to. */
export const mcpCallbackPath = '/settings/mcp/callback';

export interface McpToolView {
  name: string;
  /** As models call it. */
  callName: string;
  description: string;
  parameters: Record<string, unknown>;
  /** Of all that a model is told of it. */
  hash: string;
  /**
   * `offered`: models may call it. `new`: nobody agreed to it yet. `changed`: it is not what was agreed to. `gone`: the
   * server has it no more. `unusable`: no model can be told of it, see `problem`.
   */
  state: 'offered' | 'new' | 'changed' | 'gone' | 'unusable';
  problem?: string;
  /** Its calls run without a review. */
  allowed: boolean;
}

export interface McpServerView extends McpServerConfig {
  id: string;
  /** `unknown`: it was not asked since the start. */
  state: 'unknown' | 'connected' | 'failed';
  problem?: string;
  /** `none`: it did not ask for one. `needed`: it answers nothing before the person signs in, or signs in again. */
  signIn: 'none' | 'needed' | 'signed-in';
  tools: McpToolView[];
  /** Variables that it names and that are not set. */
  missing: string[];
}

/** A server that a file of the workspace describes: nothing is started before a person adds it. */
export interface OfferedMcpServer {
  name: string;
  transport: McpTransport;
  /** What of it cannot be taken over. */
  notes: string[];
}

/** `GET /api/mcp?threadId=` */
export interface McpAnswer {
  servers: McpServerView[];
  /** Of `.mcp.json` in the thread's workspace, without those that are there already. */
  offered: OfferedMcpServer[];
}
