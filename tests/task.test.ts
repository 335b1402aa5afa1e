import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import type { ModelConfig } from '#protocol/model.ts';
import { startProviders, type Answer, type Asked, type Providers } from '#tests/upstreams/index.ts';
import { Crosspoint } from './support/crosspoint.ts';
import { plainTargets, targets } from './support/targets.ts';

/** Looks around with two calls at once, writes a program, runs it, and says what it printed. */
function work({ step, toolResults, model }: Asked): Answer {
  switch (step) {
    case 0:
      return {
        reasoning: 'I look around first.',
        text: 'I look around.',
        calls: [
          { name: 'list_files', args: {} },
          { name: 'search_text', args: { pattern: 'nothing' } },
        ],
      };
    case 1:
      return {
        reasoning: 'Empty. I write it.',
        calls: [{ name: 'write_file', args: { path: 'src/hello.sh', content: 'echo "made by $1"\n' } }],
      };
    case 2:
      return {
        text: 'Now I run it.',
        calls: [{ name: 'run_terminal_command', args: { command: `bash src/hello.sh '${model}'` } }],
      };
    default:
      return { reasoning: 'Done.', text: `It printed: ${toolResults.at(-1)?.text}` };
  }
}

let providers: Providers;
before(async () => {
  providers = await startProviders({ script: work });
});
after(() => providers.close());

const routes = [
  { name: 'directly', via: 'direct', helicone: undefined },
  { name: "through Helicone's hosts", via: 'helicone-proxy', helicone: 'proxy' },
  { name: "through Helicone's unified gateway", via: 'helicone-gateway', helicone: 'gateway' },
] as const;

for (const { name, helicone, via } of routes) {
  test(`the task is done with every provider ${name}: valid requests, real files, real commands`, async (context) => {
    const crosspoint = await Crosspoint.start(providers.env(helicone ? { helicone } : {}));
    try {
      for (const config of [...Object.values(targets), ...plainTargets])
        await context.test(`${config.provider}/${config.model}`, async () => {
          const first = providers.requests.length;
          await doTask(crosspoint, config);
          const received = providers.requests.slice(first);
          assert.ok(received.length >= 4);
          if (via === 'direct') assert.ok(received.every((request) => request.via === 'direct'));
          else assert.ok(received.some((request) => request.via.startsWith('helicone')));
        });
      assert.deepEqual(providers.mistakes, []);
    } finally {
      await crosspoint.remove();
    }
  });
}

async function doTask(crosspoint: Crosspoint, modelConfig: ModelConfig): Promise<void> {
  const model = `${modelConfig.provider}/${modelConfig.model}`;
  const asked = await crosspoint.say({ message: `Make a program (${model}).`, modelConfig });
  assert.ok('interrupt' in asked);
  assert.equal(asked.data.toolCalls[0]?.name, 'write_file');
  const answer = await crosspoint.approveAll(asked);
  assert.match(
    answer.response,
    new RegExp(`It printed: exit code 0\\n\\nstdout:\\nmade by ${modelConfig.model}`),
  );
  assert.equal(answer.state.modelUsed, model);
  const file = await crosspoint.api<{ content: string }>(
    'GET',
    `/api/threads/${answer.threadId}/files/content?path=src/hello.sh`,
  );
  assert.equal(file.content, 'echo "made by $1"\n');
  assert.deepEqual(
    providers.refusals.map(({ refusal }) => refusal),
    [],
  );
  const { costUsd, messages } = await crosspoint.thread(answer.threadId);
  assert.ok(costUsd > 0, 'every request has a price');
  assert.ok(
    messages.filter(({ role }) => role === 'assistant').every(({ usage }) => usage && usage.outputTokens > 0),
  );
}
