import { randomBytes } from 'node:crypto';
import type { AuthProvider, FetchLike, OAuthTokens } from '@modelcontextprotocol/client';
import { CrosspointError } from '#protocol/errors.ts';
import type { HttpTransport, McpCallback } from '#protocol/mcp.ts';
import type { SettingsStore } from '#server/store/store.ts';
import { assertMayBeAsked, isLoopback } from '../address.ts';
import { oneAfterAnother } from '../one-after-another.ts';
import { isPublicOnly, serverFetch } from '../server-fetch.ts';
import type { SignInServer } from '../server-record.ts';
import { withoutSecrets } from '../without-secrets.ts';
import { Draft } from './draft.ts';
import { PendingSignIns } from './pending.ts';
import { readSignIns, writeSignIns, type Challenge, type SignInRecord } from './sign-in-record.ts';

export interface SignInParts {
  settings: Pick<SettingsStore, 'getSecret' | 'setSecret'>;
  logger?: { warn(details: object, message: string): void };
  /** Milliseconds that only grow; for tests. */
  now?: () => number;
}

/** Of metadata, a registration or tokens. */
const bounds = { bytes: 256 * 1024, totalMs: 20_000 };
/** A token is renewed when it has less than this left. */
const earlyMs = 30_000;
const detailCharacters = 300;

/**
 * OAuth 2.1 for remote servers: who is signed in where. The SDK speaks the protocol (discovery, registration, PKCE, issuer and
 * resource checks); what it is given to fetch with asks only what the server itself may be asked.
 */
export class SignIns {
  readonly #parts: SignInParts;
  readonly #records: Map<string, SignInRecord>;
  readonly #pending: PendingSignIns;
  /** What a server said with its 401, by its id. */
  readonly #challenges = new Map<string, Challenge>();
  readonly #renewing = new Map<string, Promise<void>>();
  readonly #save = oneAfterAnother(() => writeSignIns(this.#parts.settings, this.#records));

  private constructor(parts: SignInParts, records: Map<string, SignInRecord>) {
    this.#parts = parts;
    this.#records = records;
    this.#pending = new PendingSignIns(parts.now ?? (() => performance.now()));
  }

  static async open(parts: SignInParts): Promise<SignIns> {
    const onLost = () => parts.logger?.warn({}, 'sign-ins to MCP servers cannot be read; sign in again');
    return new SignIns(parts, await readSignIns(parts.settings, onLost));
  }

  has(id: string): boolean {
    return this.#records.has(id);
  }

  /** Whether it is known how the server asks for a sign-in. */
  knowsHow(id: string): boolean {
    return this.#challengeOf(id) !== undefined;
  }

  /** To be kept out of everything that is shown, logged or searched for. */
  secrets(): string[] {
    return [...this.#records.values()]
      .flatMap(({ tokens, client }) => [tokens.access_token, tokens.refresh_token, client.client_secret])
      .filter((secret) => secret !== undefined);
  }

  /**
   * @param redirectUrl of our page, where the person comes back to
   * @returns where the person says yes
   * @throws `mcp_sign_in_failed`
   */
  async begin(server: SignInServer, userId: string, redirectUrl: string): Promise<string> {
    const { id, name, transport } = server;
    const state = randomBytes(32).toString('base64url');
    const known = this.#records.get(id)?.client;
    const draft = new Draft(redirectUrl, state, known?.redirectUrl === redirectUrl ? known : undefined);
    const url = await this.#failing(name, [], async () => {
      const { auth } = await import('@modelcontextprotocol/client');
      const { resourceMetadataUrl, scope } = this.#challengeOf(id) ?? {};
      await auth(draft, {
        serverUrl: transport.url,
        ...(resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl: new URL(resourceMetadataUrl) }),
        ...(scope === undefined ? {} : { scope }),
        fetchFn: this.#fetch(transport),
      });
      if (!draft.authorizationUrl) throw new Error('It gave no address to sign in at.');
      assertMayBeOpened(draft.authorizationUrl, transport);
      return draft.authorizationUrl.href;
    });
    this.#pending.add(state, { serverId: id, server: name, userId, transport, draft });
    return url;
  }

  /**
   * The person came back.
   * @returns the id of the server that they are signed in to
   * @throws `mcp_sign_in_expired`, `mcp_sign_in_failed`
   */
  async finish({ state, code, iss, error, errorDescription }: McpCallback, userId: string): Promise<string> {
    const { serverId, server, transport, draft } = this.#pending.take(state, userId);
    const found = draft.found();
    const tokens = await this.#failing(
      server,
      [code, draft.codeVerifier(), found.client.client_secret],
      async () => {
        const sdk = await import('@modelcontextprotocol/client');
        const { authorizationServerUrl, authorizationServerMetadata: metadata } = found.discovery;
        sdk.validateAuthorizationResponseIssuer({
          iss,
          expectedIssuer: metadata?.issuer,
          issParameterSupported: metadata?.authorization_response_iss_parameter_supported === true,
        });
        if (code === undefined)
          throw new Error([error, errorDescription].filter(Boolean).join(': ') || 'no code');
        return sdk.exchangeAuthorization(authorizationServerUrl, {
          ...(metadata ? { metadata } : {}),
          clientInformation: found.client,
          authorizationCode: code,
          ...(iss === undefined ? {} : { iss }),
          codeVerifier: draft.codeVerifier(),
          redirectUri: draft.redirectUrl,
          ...(draft.resource === null ? {} : { resource: draft.resource }),
          fetchFn: this.#fetch(transport),
        });
      },
    );
    this.#pending.finish(state);
    const { authorizationServerUrl, authorizationServerMetadata: metadata = null } = found.discovery;
    this.#records.set(serverId, {
      url: transport.url,
      client: {
        ...found.client,
        redirectUrl: draft.redirectUrl,
        issuer: metadata?.issuer ?? authorizationServerUrl,
      },
      challenge: this.#challengeOf(serverId) ?? {},
      authorizationServer: { url: authorizationServerUrl, metadata },
      resource: draft.resource,
      ...this.#dated(tokens),
    });
    await this.#save();
    return serverId;
  }

  /** Tokens and the registration; what is under way there ends too. */
  async forget(id: string): Promise<void> {
    this.#pending.forget(id);
    this.#challenges.delete(id);
    if (this.#records.delete(id)) await this.#save();
  }

  /** Gives the transport of a server its token, renewed when it is needed. */
  authOf({ id, name, transport }: SignInServer): AuthProvider {
    const recordOf = () => {
      const record = this.#records.get(id);
      return record?.url === transport.url ? record : undefined;
    };
    const renew = async () => {
      const record = recordOf();
      if (!record) throw new CrosspointError('mcp_sign_in_needed', { server: name });
      await this.#renewOnce(id, name, transport, record);
    };
    return {
      token: async () => {
        const record = recordOf();
        const isOld = record?.expiresAtMs != null && Date.now() > record.expiresAtMs - earlyMs;
        if (isOld && record.tokens.refresh_token !== undefined) await renew();
        return recordOf()?.tokens.access_token;
      },
      onUnauthorized: async ({ response }) => {
        const { extractWWWAuthenticateParams } = await import('@modelcontextprotocol/client');
        const { resourceMetadataUrl, scope } = extractWWWAuthenticateParams(response);
        this.#challenges.set(id, { resourceMetadataUrl: resourceMetadataUrl?.href, scope });
        await renew();
      },
    };
  }

  #challengeOf(id: string): Challenge | undefined {
    return this.#challenges.get(id) ?? this.#records.get(id)?.challenge;
  }

  /** One at a time for a server: a refresh token that is used twice may cost all tokens. */
  #renewOnce(id: string, name: string, transport: HttpTransport, record: SignInRecord): Promise<void> {
    const running = this.#renewing.get(id);
    if (running) return running;
    const renewing = this.#renew(id, name, transport, record).finally(() => this.#renewing.delete(id));
    this.#renewing.set(id, renewing);
    return renewing;
  }

  /** @throws `mcp_sign_in_needed` when the server takes the refresh token no more; `mcp_unreachable` when nobody knows */
  async #renew(id: string, name: string, transport: HttpTransport, record: SignInRecord): Promise<void> {
    const { client, authorizationServer, resource, tokens } = record;
    const needed = new CrosspointError('mcp_sign_in_needed', { server: name });
    if (tokens.refresh_token === undefined) throw needed;
    const { refreshAuthorization, OAuthError } = await import('@modelcontextprotocol/client');
    const asked = refreshAuthorization(authorizationServer.url, {
      ...(authorizationServer.metadata ? { metadata: authorizationServer.metadata } : {}),
      clientInformation: client,
      refreshToken: tokens.refresh_token,
      ...(resource === null ? {} : { resource }),
      fetchFn: this.#fetch(transport),
    });
    try {
      const renewed = this.#dated(await asked);
      // Signed out, or signed in again, meanwhile.
      if (this.#records.get(id) !== record) return;
      this.#records.set(id, { ...record, ...renewed });
    } catch (cause) {
      if (!(cause instanceof OAuthError) || !isFinal(cause.code))
        throw new CrosspointError('mcp_unreachable', { server: name, detail: this.#detailOf(cause) });
      if (this.#records.get(id) === record) this.#records.delete(id);
      throw needed;
    } finally {
      await this.#save();
    }
  }

  #dated(tokens: OAuthTokens): Pick<SignInRecord, 'tokens' | 'expiresAtMs'> {
    const { expires_in: seconds } = tokens;
    return { tokens, expiresAtMs: seconds === undefined ? null : Date.now() + seconds * 1_000 };
  }

  async #failing<Result>(
    server: string,
    secrets: readonly (string | undefined)[],
    work: () => Promise<Result>,
  ): Promise<Result> {
    try {
      return await work();
    } catch (cause) {
      throw new CrosspointError('mcp_sign_in_failed', { server, detail: this.#detailOf(cause, secrets) });
    }
  }

  /**
   * What a server says of a failure is shown as one short line, without what we sent it. The error itself holds the whole of
   * its answer: it goes no further.
   */
  #detailOf(cause: unknown, secrets: readonly (string | undefined)[] = []): string {
    const words = cause instanceof Error ? cause.message : String(cause);
    return withoutSecrets(words, [...this.secrets(), ...secrets])
      .replaceAll(/[\p{C}\s]+/gu, ' ')
      .trim()
      .slice(0, detailCharacters);
  }

  #fetch(transport: HttpTransport): FetchLike {
    return serverFetch(transport, bounds);
  }
}

/** It is opened in the person's browser: no scheme but https, and no server on this machine that they did not name. */
function assertMayBeOpened(url: URL, transport: HttpTransport): void {
  assertMayBeAsked(url);
  if (isPublicOnly(transport) && isLoopback(url.hostname)) throw new CrosspointError('mcp_address_refused');
}

/** Whether the refresh token, or the registration, is worth nothing any more. */
function isFinal(code: string): boolean {
  return ['invalid_grant', 'invalid_client', 'unauthorized_client'].includes(code);
}
