import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodyOf, startMcpServer, startRaw, type OfferedForTest } from './http-server.ts';

interface Grant {
  clientId: string;
  redirectUri: string;
  challenge: string;
  resource: string;
  isUsed: boolean;
}

/** What came of one consent of the person: one access token and one refresh token at a time. */
interface Family {
  clientId: string;
  resource: string;
  refreshTokens: string[];
  isRevoked: boolean;
}

/** How this one differs from an honest server; a test changes it while it runs. */
export interface Flaws {
  /** Seconds that an access token lives. */
  lives: number;
  /** Over its metadata. */
  metadata: Record<string, unknown>;
  /** In place of its issuer on the way back; null: none. */
  iss?: string | null;
  givesRefreshTokens: boolean;
  /** It answers a request for tokens with all that was sent, as an error of its own. */
  echoes?: boolean;
}

class Refused extends Error {
  readonly code: string;
  constructor(code: string, why: string) {
    super(why);
    this.code = code;
  }
}

function refuse(when: boolean, code: string, why: string): void {
  if (when) throw new Refused(code, why);
}

const token = (kind: string) => `${kind}-${randomBytes(24).toString('base64url')}`;

/**
 * An authorization server that refuses what OAuth 2.1 and RFC 7591, 7636, 8414, 8707, 9207 and 9728 have it refuse. It gives
 * tokens for one resource.
 */
export class AuthorizationServer {
  readonly clients = new Map<string, { redirectUris: string[]; secret: string }>();
  readonly refusals: string[] = [];
  /** Method and path of each request. */
  readonly asked: string[] = [];
  readonly flaws: Flaws = { lives: 3_600, metadata: {}, givesRefreshTokens: true };
  readonly #grants = new Map<string, Grant>();
  readonly #families: Family[] = [];
  readonly #access = new Map<string, { family: Family; endsMs: number }>();
  readonly #resource: () => string;
  #raw: Awaited<ReturnType<typeof startRaw>> | null = null;

  private constructor(resource: () => string) {
    this.#resource = resource;
  }

  static async start(resource: () => string): Promise<AuthorizationServer> {
    const server = new AuthorizationServer(resource);
    server.#raw = await startRaw((request, response) => void server.#answer(request, response));
    return server;
  }

  get issuer(): string {
    return new URL(this.#raw?.url ?? '').origin;
  }

  async close(): Promise<void> {
    await this.#raw?.close();
  }

  /** Whether a request to the resource may pass. */
  allows(authorization: string | undefined): boolean {
    const known = this.#access.get(/^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? '');
    return known !== undefined && !known.family.isRevoked && known.endsMs > Date.now();
  }

  /** All access tokens so far end now; with `all`, the refresh tokens too. */
  expire(all = false): void {
    this.#access.clear();
    if (all) for (const family of this.#families) family.isRevoked = true;
  }

  secrets(): string[] {
    return [
      ...this.#access.keys(),
      ...this.#families.flatMap(({ refreshTokens }) => refreshTokens),
      ...[...this.clients.values()].map(({ secret }) => secret),
    ];
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', this.issuer);
    this.asked.push(`${request.method} ${url.pathname}`);
    try {
      await this.#serve(request, url, response);
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      this.refusals.push(cause.message);
      sendJson(response, 400, { error: cause.code, error_description: cause.message });
    }
  }

  async #serve(request: IncomingMessage, url: URL, response: ServerResponse): Promise<void> {
    const at = `${request.method} ${url.pathname}`;
    if (at === 'GET /.well-known/oauth-authorization-server')
      return sendJson(response, 200, this.#metadata());
    if (at === 'POST /register') return sendJson(response, 201, this.#register(await bodyOf(request)));
    if (at === 'GET /authorize')
      return void response.writeHead(302, { location: this.#authorize(url.searchParams) }).end();
    if (at === 'POST /token') {
      const form = new URLSearchParams((await bodyOf(request)).toString());
      return sendJson(response, 200, this.#give(form, request.headers.authorization));
    }
    sendJson(response, 404, {});
  }

  #metadata() {
    return {
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/authorize`,
      token_endpoint: `${this.issuer}/token`,
      registration_endpoint: `${this.issuer}/register`,
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['client_secret_post'],
      authorization_response_iss_parameter_supported: true,
      ...this.flaws.metadata,
    };
  }

  #register(body: Buffer) {
    const given = JSON.parse(body.toString()) as { redirect_uris?: string[]; grant_types?: string[] };
    refuse(!given.redirect_uris?.length, 'invalid_redirect_uri', 'no redirect_uris');
    refuse(!given.grant_types?.includes('refresh_token'), 'invalid_client_metadata', 'no refresh_token');
    const [clientId, secret] = [token('client'), token('secret')];
    this.clients.set(clientId, { redirectUris: given.redirect_uris ?? [], secret });
    return { ...given, client_id: clientId, client_secret: secret, client_secret_expires_at: 0 };
  }

  /** As when the person said yes. */
  #authorize(query: URLSearchParams): string {
    const of = (name: string) => query.get(name) ?? '';
    const client = this.clients.get(of('client_id'));
    refuse(!client, 'invalid_client', 'unknown client');
    const redirectUri = of('redirect_uri');
    refuse(!client?.redirectUris.includes(redirectUri), 'invalid_request', 'wrong redirect_uri');
    refuse(of('response_type') !== 'code', 'unsupported_response_type', 'not a code');
    refuse(!of('code_challenge'), 'invalid_request', 'missing PKCE');
    refuse(of('code_challenge_method') !== 'S256', 'invalid_request', 'PKCE is not S256');
    refuse(of('resource') !== this.#resource(), 'invalid_target', 'missing or wrong resource');
    refuse(of('state').length < 20, 'invalid_request', 'state can be guessed');
    const code = token('code');
    this.#grants.set(code, {
      clientId: of('client_id'),
      redirectUri,
      challenge: of('code_challenge'),
      resource: of('resource'),
      isUsed: false,
    });
    const back = new URL(redirectUri);
    back.searchParams.set('code', code);
    back.searchParams.set('state', of('state'));
    if (this.flaws.iss !== null) back.searchParams.set('iss', this.flaws.iss ?? this.issuer);
    return back.href;
  }

  #give(form: URLSearchParams, authorization: string | undefined) {
    refuse(this.flaws.echoes === true, 'server_error', form.toString());
    const client = this.clients.get(form.get('client_id') ?? '');
    refuse(authorization !== undefined, 'invalid_client', 'another way than was registered');
    refuse(client?.secret !== form.get('client_secret'), 'invalid_client', 'wrong client_secret');
    const family =
      form.get('grant_type') === 'refresh_token' ? this.#byRefreshToken(form) : this.#byCode(form);
    refuse(form.get('resource') !== family.resource, 'invalid_target', 'missing or wrong resource');
    const [accessToken, refreshToken] = [token('access'), token('refresh')];
    this.#access.set(accessToken, { family, endsMs: Date.now() + this.flaws.lives * 1_000 });
    if (this.flaws.givesRefreshTokens) family.refreshTokens.push(refreshToken);
    return {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: this.flaws.lives,
      ...(this.flaws.givesRefreshTokens ? { refresh_token: refreshToken } : {}),
    };
  }

  #byCode(form: URLSearchParams): Family {
    refuse(form.get('grant_type') !== 'authorization_code', 'unsupported_grant_type', 'unknown grant');
    const grant = this.#grants.get(form.get('code') ?? '');
    if (!grant) throw new Refused('invalid_grant', 'unknown code');
    const { clientId, redirectUri, challenge, resource } = grant;
    refuse(grant.isUsed, 'invalid_grant', 'reused code');
    grant.isUsed = true;
    refuse(clientId !== form.get('client_id'), 'invalid_grant', 'the code is of another client');
    refuse(redirectUri !== form.get('redirect_uri'), 'invalid_grant', 'wrong redirect_uri');
    const verifier = form.get('code_verifier') ?? '';
    const made = createHash('sha256').update(verifier).digest('base64url');
    refuse(made !== challenge, 'invalid_grant', 'wrong verifier');
    const family: Family = { clientId, resource, refreshTokens: [], isRevoked: false };
    this.#families.push(family);
    return family;
  }

  /** One that was rotated away, used again, may be a thief's: the whole family ends (RFC 9700, 4.14.2). */
  #byRefreshToken(form: URLSearchParams): Family {
    const given = form.get('refresh_token') ?? '';
    const family = this.#families.find(({ refreshTokens }) => refreshTokens.includes(given));
    if (!family) throw new Refused('invalid_grant', 'unknown refresh token');
    if (family.refreshTokens.at(-1) !== given) family.isRevoked = true;
    refuse(family.isRevoked, 'invalid_grant', 'reused or revoked refresh token');
    refuse(family.clientId !== form.get('client_id'), 'invalid_grant', 'of another client');
    return family;
  }
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** An MCP server that wants its tokens, and says where they are given. */
export async function startProtectedServer(tools: OfferedForTest[]) {
  const authorization = await AuthorizationServer.start(() => server.url);
  /** Over what it says of itself as a resource; and whether it refuses good tokens too. */
  const says: { metadata: Record<string, unknown>; refusesAll: boolean } = {
    metadata: {},
    refusesAll: false,
  };
  const server = await startMcpServer(tools, (request, response) => {
    const { origin } = new URL(server.url);
    if (request.url === '/of-this-resource') {
      const { issuer } = authorization;
      sendJson(response, 200, {
        resource: server.url,
        authorization_servers: [issuer],
        scopes_supported: ['tools'],
        ...says.metadata,
      });
      return false;
    }
    if (!says.refusesAll && authorization.allows(request.headers.authorization)) return true;
    const challenge = `Bearer error="invalid_token", resource_metadata="${origin}/of-this-resource"`;
    response.writeHead(401, { 'www-authenticate': challenge }).end('sign in first');
    return false;
  });
  return {
    ...server,
    authorization,
    says,
    async close() {
      await Promise.all([server.close(), authorization.close()]);
    },
  };
}
