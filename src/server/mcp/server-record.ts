import * as v from 'valibot';
import { mcpServerConfig, type HttpTransport, type McpServerConfig } from '#protocol/mcp.ts';
import type { SettingsStore } from '#server/store/store.ts';
import { storedTool, type ServerTool } from './server-tools.ts';

/** What is kept of one server. */
export interface StoredServer {
  id: string;
  config: McpServerConfig;
  /** What a person agreed to, word for word: only this is told to models. */
  agreed: ServerTool[];
  /** Of `agreed`, the hashes of those whose calls need no review. */
  allowed: string[];
}

const key = 'mcp.servers';
const record = v.object({ servers: v.array(v.unknown()) });
const server = v.object({
  id: v.string(),
  config: mcpServerConfig,
  agreed: v.array(storedTool),
  allowed: v.array(v.string()),
});

/**
 * In the database, where nothing in a workspace can write (R13). What another version of ours wrote in another form is left
 * out: a server that cannot be read is no reason not to start.
 * @param onLost told how many were left out
 */
export async function readServers(
  settings: Pick<SettingsStore, 'get'>,
  onLost: (count: number) => void,
): Promise<StoredServer[]> {
  const text = await settings.get(key);
  if (text === null) return [];
  const all = v.parse(record, JSON.parse(text)).servers.map((each) => v.safeParse(server, each));
  const read = all.flatMap(({ success, output }) => (success ? [output] : []));
  if (read.length < all.length) onLost(all.length - read.length);
  return read;
}

export function writeServers(
  settings: Pick<SettingsStore, 'set'>,
  servers: readonly StoredServer[],
): Promise<void> {
  return settings.set(key, JSON.stringify({ servers }));
}

/** A name means one server wherever both are seen. */
export function seeEachOther(one: McpServerConfig, other: McpServerConfig): boolean {
  const [left, right] = [threadOf(one), threadOf(other)];
  return left === null || right === null || left === right;
}

/** null: it is there for every thread. */
export function threadOf({ transport }: McpServerConfig): string | null {
  return transport.type === 'stdio' ? transport.threadId : null;
}

/** Variables that it names. */
export function variablesOf({ transport }: McpServerConfig): string[] {
  if (transport.type === 'stdio') return [];
  const { bearerVariable, headers } = transport;
  return [...(bearerVariable === null ? [] : [bearerVariable]), ...headers.map(({ variable }) => variable)];
}

/** A remote server that a person can sign in to. */
export interface SignInServer {
  id: string;
  name: string;
  transport: HttpTransport;
}

/** null: its configuration says how it is authorized, or it is a program. */
export function signInServerOf({ id, config: { name, transport } }: StoredServer): SignInServer | null {
  if (transport.type !== 'http' || transport.bearerVariable !== null) return null;
  const isNamed = transport.headers.some((header) => header.name.toLowerCase() === 'authorization');
  return isNamed ? null : { id, name, transport };
}
