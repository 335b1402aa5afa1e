import type { Config } from '#server/config.ts';
import type { Connection } from '#server/gateway/types.ts';
import type { Provider } from '../types.ts';

/** What is particular to a provider with a public API and a key. */
export interface CloudProvider extends Pick<Provider, 'label' | 'rank' | 'defaultModel' | 'guess'> {
  id: keyof Config['keys'];
  variable: string;
  auth: Connection['auth'];
  dialect: Connection['dialect'];
  headers?(config: Config): Record<string, string>;
  alsoSpeaks?: Connection['alsoSpeaks'];
  /** Its name in Helicone's unified gateway. */
  heliconeProvider: string;
}

export function cloudProvider(cloud: CloudProvider): Provider {
  const { auth, dialect, headers, heliconeProvider, alsoSpeaks, ...shown } = cloud;
  const { id, label, variable } = shown;
  return {
    ...shown,
    kind: 'cloud',
    connect(config) {
      const apiKey = config.keys[id];
      if (apiKey === null && !heliconeHasKeys(config)) return null;
      return {
        provider: id,
        label,
        baseUrl: config.baseUrls[id],
        apiKey,
        apiKeyVariable: variable,
        auth,
        headers: headers?.(config) ?? {},
        dialect,
        heliconeBaseUrl: config.helicone.urls[id],
        heliconeProvider,
        ...(alsoSpeaks ? { alsoSpeaks } : {}),
      };
    },
    unavailableReason: () => `${variable} is not set. Add it to .env and start again.`,
  };
}

/** Helicone's unified gateway is asked with its own key and keeps those of the providers. */
function heliconeHasKeys({ helicone }: Config): boolean {
  return helicone.key !== null && helicone.mode === 'gateway';
}
