import { writeSync } from 'node:fs';
import { CrosspointError } from '#protocol/errors.ts';
import type { ModelRequest } from '#server/gateway/types.ts';
import type { Reply } from './scripted-gateway.ts';
import { crashPoints } from './crash-checks.ts';
import { openWorkbench, user } from './workbench.ts';

/** The message of the scenario; repeated by the test after the crash with the same client id. */
export const firstMessage = { message: 'Do it.', clientMessageId: 'client-1', fallbackModels: ['blue'] };

/**
 * The first model fails for good in its second step, and the next one continues it.
 * What a model does depends only on what it is shown, so that it goes on sensibly after a restart.
 */
export function scenario({ messages, target }: ModelRequest): Reply {
  const last = messages.at(-1);
  const results = messages.filter((message) => message.role === 'tool').length;
  const askedAgain = last?.role === 'user' && JSON.stringify(last.parts).includes('"Go on."');
  if (askedAgain && results > 0) return { text: 'going on after the crash' };
  const append = (text: string) => ({
    name: 'run_terminal_command',
    args: { command: `echo ${text} >> effects.txt` },
  });
  if (results === 1 && target.provider === 'red')
    return {
      text: 'half ',
      fail: new CrosspointError('provider_overloaded', { provider: 'Red', tries: '3 tries' }),
    };
  if (results === 0) return { text: 'first ', calls: [append('x'), { name: 'list_files', args: {} }] };
  if (results === 1) return { reasoning: 'hm', text: 'second ', calls: [append('y')] };
  return { text: 'all done' };
}

/** Runs the scenario in a data directory and kills itself at the named point, `name:count`. */
async function main(dataDir: string, crashAt: string): Promise<void> {
  const say = (line: object) => writeSync(1, `${JSON.stringify(line)}\n`);
  const { point, all } = crashPoints(crashAt);
  const { agent, close } = await openWorkbench(scenario, { dataDir, point });
  await agent.recover();
  const started = await agent.start(user, firstMessage);
  say({ accepted: started });
  let answer = await agent.answer(user, started.runId);
  while ('interrupt' in answer) {
    const { threadId } = answer;
    const decided = await agent.decide(user, { threadId, approval: { action: 'approved' } });
    say({ decided });
    answer = await agent.answer(user, decided.runId);
  }
  await close();
  say({ points: all() });
}

const [, , dataDir, crashAt] = process.argv;
if (import.meta.main && dataDir) await main(dataDir, crashAt ?? '');
