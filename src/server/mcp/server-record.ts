import * as v from 'valibot';
import { mcpServerConfig, type McpServerConfig } from '#protocol/mcp.ts';
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
const record = v.object({
  servers: v.array(
    v.object({
      id: v.string(),
      config: mcpServerConfig,
      agreed: v.array(storedTool),
      allowed: v.array(v.string()),
    }),
  ),
});

/** In the database, where nothing in a workspace can write (R13). @throws when what is there cannot be read */
export async function readServers(settings: Pick<SettingsStore, 'get'>): Promise<StoredServer[]> {
  const text = await settings.get(key);
  return text === null ? [] : v.parse(record, JSON.parse(text)).servers;
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
