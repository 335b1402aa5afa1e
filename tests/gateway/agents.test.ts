import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Answer, Asked } from '#tests/upstreams/index.ts';
import { codingAgents, runAgent } from './support/coding-agents.ts';
import { openLiveGateway, type LiveGateway } from './support/live-gateway.ts';

/**
 * The recipes of docs/gateway.md for coding agents: a small real task through /v1 with a minted key, in every provider's
 * wire. The agents are some hundred megabytes from npm, so they are only fetched where AGENT_RECIPES=1 asks for it.
 */
const wanted = process.env.AGENT_RECIPES === '1';

const models = ['openai/gpt-4o', 'openai/gpt-5.2', 'anthropic/claude-sonnet-4-5', 'openrouter/z-ai/glm-5.2'];
const command = 'echo "console.log(6 * 7)" > answer.mjs && node answer.mjs | tee result.txt';

/** Runs one command in whatever tool the agent has for it, and then says what it saw. */
function script({ tools, toolResults, step }: Asked): Answer {
  const tool = tools.find((name) => /^(bash|shell|shell_command|exec_command|local_shell)$/.test(name));
  if (step > 0) return { reasoning: 'It ran.', text: `It printed ${toolResults.at(-1)?.text.slice(0, 200)}` };
  if (!tool) return { text: 'A title' };
  return {
    reasoning: 'One command will do.',
    text: 'I run it.',
    calls: [{ name: tool, args: argsFor(tool) }],
  };
}

function argsFor(tool: string): object {
  if (tool === 'bash') return { command, description: 'Writes a program and runs it' };
  if (tool === 'exec_command') return { cmd: command };
  return { command: tool === 'shell' ? ['bash', '-lc', command] : command };
}

let live: LiveGateway | undefined;
let key: string;
before(async () => {
  if (!wanted) return;
  live = await openLiveGateway({}, { script });
  key = (await live.crosspoint.command('key', 'create', 'agents')).stdout.trim();
});
after(() => live?.[Symbol.asyncDispose]());

for (const agent of codingAgents) {
  const program = wanted ? agent.install() : null;
  const missing = wanted ? 'npm does not give it here' : 'set AGENT_RECIPES=1 to fetch the agents';
  const skip = program === null && missing;
  for (const model of models) {
    const cannot = agent.except?.model === model ? agent.except.why : false;
    test(`${agent.name} writes a program and runs it, on ${model}`, { skip: skip || cannot }, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'crosspoint-agent-'));
      const [home, workspace] = [join(folder, 'home'), join(folder, 'work')];
      for (const each of [home, workspace]) mkdirSync(each);
      const { providers, origin } = live as LiveGateway;
      const from = providers.requests.length;
      try {
        const job = { home, workspace, origin, key, model, task: 'Write and run a program.' };
        const output = await runAgent(agent, program as string, job);
        assert.equal(readFileSync(join(workspace, 'result.txt'), 'utf8').trim(), '42', output);
        const asked = providers.requests.slice(from).filter(({ method }) => method === 'POST');
        assert.ok(asked.length >= 2);
        assert.deepEqual(
          asked.flatMap(({ refusal }) => refusal ?? []),
          [],
        );
        for (const { headers } of asked) assert.ok(!JSON.stringify(headers).includes(key));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }
}
