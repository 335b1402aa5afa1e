import { strict as assert } from 'node:assert';
import { DaytonaService } from '#tests/support/daytona/service.ts';
import { cannotStartMachines } from '#tests/support/machine/machine.ts';
import { sandboxContract } from '../contract.ts';
import { createDaytonaSandboxes } from './daytona-sandboxes.ts';

sandboxContract(
  'Daytona',
  async () => {
    const service = await DaytonaService.start();
    const provider = createDaytonaSandboxes({
      ...{ apiKey: service.apiKey, apiUrl: service.apiUrl, target: null, snapshot: null },
      ...{ idleMs: 900_000, internet: false, installId: 'contract' },
    });
    const end = async () => {
      await service.close();
      assert.deepEqual(service.unknown, []);
    };
    return { provider, end };
  },
  cannotStartMachines(),
);
