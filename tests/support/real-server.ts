import { after } from 'node:test';
import assert from 'node:assert/strict';
import { startProviders, type Answer, type Asked, type Providers } from '#tests/upstreams/index.ts';
import { Crosspoint } from './crosspoint.ts';

/** The real process in front of strict emulators of all providers, for the tests of one file; both end with it. */
export async function startRealServer(
  script: (asked: Asked) => Answer,
): Promise<{ crosspoint: Crosspoint; providers: Providers }> {
  const providers = await startProviders({ script });
  const crosspoint = await Crosspoint.start(providers.env());
  after(async () => {
    await crosspoint.remove();
    await providers.close();
  });
  return { crosspoint, providers };
}

/** No provider has refused a request, and none was told what its real one would not understand. */
export function assertAllValid({ refusals, mistakes }: Providers): void {
  assert.deepEqual(
    refusals.map(({ provider, refusal }) => [provider, refusal]),
    [],
  );
  assert.deepEqual(mistakes, []);
}
