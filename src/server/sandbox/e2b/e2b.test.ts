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
