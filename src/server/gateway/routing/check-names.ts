import { isOwnVariable } from '#server/config.ts';
import type { ConfigProblem, GatewayConfig } from './gateway-config.ts';

/** A provider as far as the names in a configuration are concerned. */
export interface KnownProvider {
  id: string;
  /** The variable of its key. */
  variable?: string;
}

/**
 * What a configuration says of providers that do not exist, and of variables that are none of their keys; null when all is
 * well. A variable that belongs to something else is refused: its value would be sent to a stranger.
 */
export function wrongName(config: GatewayConfig, providers: readonly KnownProvider[]): ConfigProblem | null {
  const names = new Names(providers);
  for (const [id, keys] of Object.entries(config.keys)) {
    const problem = names.ofProvider(`keys.${id}`, id);
    if (problem) return problem;
    for (const [index, { key }] of keys.entries()) {
      const wrong = names.ofKey(`keys.${id}.${index}`, id, key);
      if (wrong) return wrong;
    }
  }
  for (const [name, { endpoints }] of Object.entries(config.models)) {
    for (const [index, { provider, key }] of endpoints.entries()) {
      const at = `models.${name}.endpoints.${index}`;
      const wrong = names.ofProvider(`${at}.provider`, provider);
      if (wrong) return wrong;
      const problem = key === undefined ? null : names.ofKey(`${at}.key`, provider, key);
      if (problem) return problem;
    }
  }
  for (const id of Object.keys(config.limits.providers)) {
    const problem = names.ofProvider(`limits.providers.${id}`, id);
    if (problem) return problem;
  }
  return null;
}

class Names {
  readonly #providers: ReadonlyMap<string, KnownProvider>;

  constructor(providers: readonly KnownProvider[]) {
    this.#providers = new Map(providers.map((provider) => [provider.id, provider]));
  }

  ofProvider(path: string, id: string): ConfigProblem | null {
    if (this.#providers.has(id)) return null;
    const known = [...this.#providers.keys()].join(', ');
    return { path, sentence: `there is no provider "${id}". Use one of: ${known}` };
  }

  ofKey(path: string, provider: string, variable: string): ConfigProblem | null {
    const own = this.#providers.get(provider)?.variable;
    if (own !== undefined && (variable === own || variable.startsWith(`${own}_`))) return null;
    const isTaken =
      isOwnVariable(variable) || [...this.#providers.values()].some((other) => other.variable === variable);
    if (!isTaken && variable.includes('API_KEY')) return null;
    const example = own ?? `${provider.toUpperCase().replaceAll('-', '_')}_API_KEY`;
    return {
      path,
      sentence: isTaken
        ? `${variable} belongs to something else and is not sent to ${provider}. Use a variable such as ${example}_2`
        : `a key's variable has API_KEY in its name, such as ${example}_2`,
    };
  }
}
