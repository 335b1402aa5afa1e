import type {
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
} from '@modelcontextprotocol/client';

/**
 * A sign-in that has begun: what the SDK finds out and makes on the way to the authorization URL. It never holds tokens, so
 * the SDK always asks the person.
 */
export class Draft implements OAuthClientProvider {
  readonly redirectUrl: string;
  readonly #state: string;
  authorizationUrl: URL | null = null;
  client: StoredOAuthClientInformation | undefined;
  discovery: OAuthDiscoveryState | undefined;
  resource: string | null = null;
  #verifier = '';

  /** @param client as it was registered before with this redirect URL */
  constructor(redirectUrl: string, state: string, client: StoredOAuthClientInformation | undefined) {
    this.redirectUrl = redirectUrl;
    this.#state = state;
    this.client = client;
  }

  get clientMetadata() {
    return {
      client_name: 'Crosspoint',
      redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    };
  }

  /** What the authorization URL was made of. @throws before there is one */
  found(): { client: StoredOAuthClientInformation; discovery: OAuthDiscoveryState } {
    const { client, discovery } = this;
    if (!client || !discovery) throw new Error('The sign-in has not begun.');
    return { client, discovery };
  }

  state = () => this.#state;
  clientInformation = () => this.client;
  saveClientInformation = (client: StoredOAuthClientInformation) => void (this.client = client);
  tokens = () => undefined;
  saveTokens = () => undefined;
  redirectToAuthorization = (url: URL) => void (this.authorizationUrl = url);
  saveCodeVerifier = (verifier: string) => void (this.#verifier = verifier);
  codeVerifier = () => this.#verifier;
  discoveryState = () => this.discovery;
  saveDiscoveryState = (discovery: OAuthDiscoveryState) => void (this.discovery = discovery);
  saveResourceUrl = (resource: string) => void (this.resource = resource);
}
