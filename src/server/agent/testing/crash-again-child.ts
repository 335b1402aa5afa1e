import { writeSync } from 'node:fs';
import type { ModelRequest } from '#server/gateway/types.ts';
import { crashPoints } from './crash-checks.ts';
import type { Reply } from './scripted-gateway.ts';
import { openWorkbench, user } from './workbench.ts';

/** What the child had written when the second answer was asked for, and what became of that. */
export interface Line {
  before?: { threadId: string; messageId: string; messages: string };
  accepted?: { threadId: string; runId: string; afterEventId: number };
  points?: string[];
}

/** Three steps with one effect each, named after the model, then the end; what is done depends on what is shown alone. */
export function scenario({ messages, target }: ModelRequest): Reply {
  const last = messages.at(-1);
  const results = messages.filter((message) => message.role === 'tool').length;
  if (last?.role === 'user' && results > 0) return { text: 'going on after the crash' };
  if (results >= 3) return { text: `${target.provider} is done` };
  const command = `echo ${target.provider}${results} >> effects.txt`;
  return {
    reasoning: 'hm',
    text: `step ${results} `,
    calls: [{ id: `call_${results}`, name: 'run_terminal_command', args: { command } }],
  };
}

/** The command of the scenario; repeated by the test after the crash with the same client id. */
export const againCommand = { modelName: 'blue', clientMessageId: 'again-1' };

/** Answers once, then again from the middle of the tool loop by another model, with a review at each call. */
async function main(dataDir: string, crashAt: string): Promise<void> {
  const say = (line: Line) => writeSync(1, `${JSON.stringify(line)}\n`);
  const { point, all } = crashPoints(crashAt);
  let armed = false;
  const bench = await openWorkbench(scenario, { dataDir, point: (name) => armed && point(name) });
  const { agent, close } = bench;
  const { threadId } = await bench.run({ message: 'Do it.', approvalMode: 'auto' });
  const { messages } = await agent
    .updateThread(user, threadId, { approvalMode: 'ask' })
    .then(() => agent.getThread(user, threadId));
  const messageId = messages[3]?.id ?? '';
  say({ before: { threadId, messageId, messages: JSON.stringify(messages) } });
  armed = true;
  const accepted = await agent.answerAgain(user, { threadId, messageId, ...againCommand });
  say({ accepted });
  let answer = await agent.answer(user, accepted.runId);
  while ('interrupt' in answer) {
    const decided = await agent.decide(user, { threadId, approval: { action: 'approved' } });
    answer = await agent.answer(user, decided.runId);
  }
  await close();
  say({ points: all() });
}

const [, , dataDir, crashAt] = process.argv;
if (import.meta.main && dataDir) await main(dataDir, crashAt ?? '');
