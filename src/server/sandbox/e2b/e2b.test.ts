import { E2bService } from '#tests/support/e2b/service.ts';
import { cannotStartMachines } from '#tests/support/machine/machine.ts';
import { strict as assert } from 'node:assert';
import { sandboxContract } from '../contract.ts';
import { createE2bSandboxes } from './e2b-sandboxes.ts';

sandboxContract(
  'E2B',
  async () => {
    const service = await E2bService.start();
    const provider = createE2bSandboxes({
      ...{ apiKey: service.apiKey, apiUrl: service.url, sandboxUrl: service.url, domain: null },
      ...{ template: 'base', idleMs: 1_800_000, internet: false, installId: 'contract' },
    });
    const end = async () => {
      await service.close();
      assert.deepEqual(service.unknown, []);
    };
    return { provider, end };
  },
  cannotStartMachines(),
);

/** The real service, where a key is there: it costs a little, and is not part of `npm test` without one. */
const { E2B_API_KEY: key, E2B_API_URL, E2B_DOMAIN } = process.env;

sandboxContract(
  'the E2B service',
  async () => {
    const provider = createE2bSandboxes({
      ...{ apiKey: key ?? '', apiUrl: E2B_API_URL ?? null, sandboxUrl: null, domain: E2B_DOMAIN ?? null },
      ...{ template: 'base', idleMs: 300_000, internet: false, installId: `contract-${Date.now()}` },
    });
    const end = async () => {
      for (const { id, ref } of await provider.list()) await provider.remove(id, ref);
    };
    return { provider, end };
  },
  key ? false : 'E2B_API_KEY is not set.',
);
