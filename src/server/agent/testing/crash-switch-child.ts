import { writeSync } from 'node:fs';
import { CrosspointError } from '#protocol/errors.ts';
import type { ModelRequest } from '#server/gateway/types.ts';
import { crashPoints } from './crash-checks.ts';
import type { Reply } from './scripted-gateway.ts';
import { openWorkbench, user } from './workbench.ts';

/** The message of the scenario; repeated by the test after the crash with the same client id. */
export const firstMessage = { message: 'Do it.', clientMessageId: 'client-1', fallbackModels: ['blue'] };

/** One effect a step, of which no other step has the name. What is done depends on what is shown alone. */
export function scenario({ messages, target }: ModelRequest): Reply {
  const results = messages.flatMap((message) => (message.role === 'tool' ? message.results : [])).length;
  const askedAgain = JSON.stringify(messages.at(-1)).includes('"Go on."');
  if (askedAgain || results >= 3) return { text: `${target.provider} is done` };
  // The third step is begun by one model, which fails for good, and done by the next of the chain.
  if (results === 2 && target.provider === 'red')
    return {
      text: 'half ',
      fail: new CrosspointError('provider_overloaded', { provider: 'Red', tries: '3 tries' }),
    };
  const command = `echo step${results} >> effects.txt`;
  return {
    reasoning: 'hm',
    text: `step ${results} `,
    calls: [{ name: 'run_terminal_command', args: { command } }],
  };
}

/**
 * Every way of switching in one turn: while a request is open, at a review, and by the fallback chain; kills itself at the
 * named point, `name:count`.
 */
async function main(dataDir: string, crashAt: string): Promise<void> {
  const say = (line: object) => writeSync(1, `${JSON.stringify(line)}\n`);
  const { point, all } = crashPoints(crashAt);
  const bench = await openWorkbench(scenario, { dataDir, point });
  const { agent, gateway, close } = bench;
  gateway.script = async (request, count) => {
    const { threadId } = request.context;
    if (count === 0 && threadId) await agent.updateThread(user, threadId, { modelName: 'blue' });
    return scenario(request);
  };
  const started = await agent.start(user, firstMessage);
  say({ accepted: started });
  const { threadId } = started;
  await agent.answer(user, started.runId);
  const first = await agent.decide(user, { threadId, approval: { action: 'approved' } });
  await agent.answer(user, first.runId);
  const changed = await agent.decide(user, {
    threadId,
    approval: { action: 'change_model', newModelConfig: { provider: 'red', model: 'red-1' } },
  });
  await agent.answer(user, changed.runId);
  const last = await agent.decide(user, { threadId, approval: { action: 'approved' } });
  await agent.answer(user, last.runId);
  await close();
  say({ points: all() });
}

const [, , dataDir, crashAt] = process.argv;
if (import.meta.main && dataDir) await main(dataDir, crashAt ?? '');
