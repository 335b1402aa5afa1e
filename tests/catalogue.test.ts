import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readConfig } from '#server/config.ts';
import { createGateway } from '#server/gateway/gateway.ts';
import { memoryLedger } from '#server/gateway/testing/memory-ledger.ts';
import { continued, request, says } from '#server/gateway/testing/workbench.ts';
import { managerFor, noServers } from '#server/models/testing/manager.ts';
import { startProviders, type Providers } from '#tests/upstreams/index.ts';

/** Every model that the picker offers, with every effort and over every route: nothing in the catalogue gets a refusal. */

let providers: Providers;
before(async () => {
  providers = await startProviders({
    script: ({ step }) =>
      step === 0
        ? {
            reasoning: 'Hm.',
            calls: [
              { name: 'read_file', args: { path: 'a' } },
              { name: 'read_file', args: { path: 'b' } },
            ],
          }
        : { reasoning: 'Good.', text: 'Done.' },
    chunking: 'whole',
  });
});
after(() => providers.close());

const efforts = [undefined, 'off', 'low', 'medium', 'high'] as const;

for (const helicone of [undefined, 'proxy', 'gateway'] as const)
  test(`a tool loop with every model and every effort is valid over ${helicone ?? 'the direct route'}`, async () => {
    const env = { ...providers.env(helicone ? { helicone } : {}), ...noServers };
    const models = await managerFor(env);
    const config = readConfig(env);
    const gateway = createGateway({
      connections: models.connections(),
      helicone: config.helicone,
      ledger: memoryLedger(),
      deadlineScale: 1,
    });
    const offered = models
      .list()
      .filter(({ available, status, provider }) => available && status !== 'retired' && provider !== 'demo');
    assert.ok(offered.length > 30);
    for (const { provider, model, capabilities } of offered.filter(({ capabilities: { tools } }) => tools))
      for (const reasoningEffort of capabilities.reasoning ? efforts : [undefined]) {
        const settings = { temperature: 0.3, ...(reasoningEffort ? { reasoningEffort } : {}) };
        const to = models.target({ provider, model });
        let messages = [says('Go.')];
        for (let step = 0; step < 2; step++) {
          for await (const event of gateway.stream(
            request(to, { messages, settings }),
            new AbortController().signal,
          ))
            if (event.type === 'finished') messages = [...messages, ...continued(event)];
          assert.equal(messages.length, step === 0 ? 3 : 4, `${provider}/${model} ${reasoningEffort}`);
        }
      }
    assert.deepEqual(
      providers.refusals.map(({ refusal }) => refusal),
      [],
    );
    await gateway.close();
  });
