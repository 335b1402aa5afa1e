import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inOrder } from '#server/agent/testing/workbench.ts';
import { createE2bSandboxes } from '#server/sandbox/e2b/e2b-sandboxes.ts';
import { E2bService } from '#tests/support/e2b/service.ts';
import { cannotStartMachines } from '#tests/support/machine/machine.ts';
import { openTestServer } from './testing/test-server.ts';

test(
  'whoever first finds the sandbox gone gets the new one, and what a person saves is kept before it is answered',
  { skip: cannotStartMachines() },
  async () => {
    const service = await E2bService.start();
    const sandboxes = createE2bSandboxes({
      ...{ apiKey: service.apiKey, apiUrl: service.url, sandboxUrl: service.url, domain: null },
      ...{ template: 'base', idleMs: 900_000, internet: false, installId: 'mine' },
    });
    const server = await openTestServer({ sandboxes, script: inOrder({ text: 'Hello.' }) });
    try {
      const started = await server.send('POST', '/api/agent', { message: 'Hello.' });
      const { threadId } = (await started.json()) as { threadId: string };
      const at = `/api/threads/${threadId}/files/content`;
      const saved = await server.send('PUT', at, { path: 'a.txt', content: 'saved\n' });
      assert.equal(saved.status, 200);
      const [id = ''] = [...service.sandboxes.keys()];
      await service.kill(id);
      const read = await server.send('GET', `${at}?path=a.txt`);
      assert.deepEqual([read.status, ((await read.json()) as { content: string }).content], [200, 'saved\n']);
      await service.kill([...service.sandboxes.keys()][0] ?? '');
      const late = await server.send('PUT', at, { path: 'b.txt', content: 'b' });
      assert.equal(late.status, 410);
      const again = await server.send('PUT', at, { path: 'b.txt', content: 'b' });
      assert.equal(again.status, 200);
      const events = await server.store.events.listOfTypes(threadId, ['sandbox.restored']);
      assert.equal(events.length, 2);
    } finally {
      await server.close();
      await service.close();
      assert.deepEqual(service.unknown, []);
    }
  },
);
