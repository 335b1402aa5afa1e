import type { AuthorizationServerMetadata, OAuthTokens } from '@modelcontextprotocol/client';
import * as v from 'valibot';
import type { SettingsStore } from '#server/store/store.ts';

/** What a server says with its 401: where its metadata is, and which scopes to ask for. */
export interface Challenge {
  resourceMetadataUrl?: string | undefined;
  scope?: string | undefined;
}

/** How a person is signed in to one server. All of it is kept encrypted. */
export interface SignInRecord {
  /** Of the MCP server that the tokens are for: they are sent to no other. */
  url: string;
  /** As it was registered with the authorization server. */
  client: { client_id: string; client_secret?: string | undefined; redirectUrl: string; issuer: string };
  challenge: Challenge;
  authorizationServer: { url: string; metadata: AuthorizationServerMetadata | null };
  /** The resource indicator (RFC 8707); null: the server says none. */
  resource: string | null;
  tokens: OAuthTokens;
  /** By our clock; null: the server does not say. */
  expiresAtMs: number | null;
}

const key = 'mcp.sign-ins';
const record = v.object({
  url: v.string(),
  client: v.looseObject({ client_id: v.string(), redirectUrl: v.string(), issuer: v.string() }),
  challenge: v.object({ resourceMetadataUrl: v.optional(v.string()), scope: v.optional(v.string()) }),
  authorizationServer: v.object({ url: v.string(), metadata: v.nullable(v.looseObject({})) }),
  resource: v.nullable(v.string()),
  tokens: v.looseObject({ access_token: v.string() }),
  expiresAtMs: v.nullable(v.number()),
});

/** By the id of the server. What cannot be read, or decrypted with another master key, is no reason not to start. */
export async function readSignIns(
  settings: Pick<SettingsStore, 'getSecret'>,
  onLost: () => void,
): Promise<Map<string, SignInRecord>> {
  try {
    const text = await settings.getSecret(key);
    if (!text) return new Map();
    const kept = v.parse(v.record(v.string(), record), JSON.parse(text));
    return new Map(Object.entries(kept as unknown as Record<string, SignInRecord>));
  } catch {
    // What went wrong may quote what it read: it is said to nobody.
    onLost();
    return new Map();
  }
}

export function writeSignIns(
  settings: Pick<SettingsStore, 'setSecret'>,
  signIns: ReadonlyMap<string, SignInRecord>,
): Promise<void> {
  return settings.setSecret(key, JSON.stringify(Object.fromEntries(signIns)));
}
