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

/** The real service, where a key is there: it costs a little, and is not part of `npm test` without one. */
const { DAYTONA_API_KEY: key, DAYTONA_API_URL, DAYTONA_TARGET } = process.env;

sandboxContract(
  'the Daytona service',
  async () => {
    const provider = createDaytonaSandboxes({
      ...{ apiKey: key ?? '', apiUrl: DAYTONA_API_URL ?? 'https://app.daytona.io/api' },
      ...{ target: DAYTONA_TARGET ?? null, snapshot: null },
      ...{ idleMs: 300_000, internet: false, installId: `contract-${Date.now()}` },
    });
    const end = async () => {
      for (const { id, ref } of await provider.list()) await provider.remove(id, ref);
    };
    return { provider, end };
  },
  key ? false : 'DAYTONA_API_KEY is not set.',
);
