import type { NewEvent } from '#protocol/events.ts';
import type { AssistantPart, Message } from '#protocol/message.ts';
import type { RunRow } from '#server/store/store.ts';
import { closeRun, finishedRunEvent, responseOf } from './finish-run.ts';
import type { AgentSetup } from './parts.ts';
import { interruptedEnd } from './runs.ts';
import { textOf } from './stream-answer.ts';
import { closingResults, finishedEvent, writeResult } from './tool-results.ts';

/**
 * Ends what a dead process left running. Nothing is run again: a call that had started has an unknown outcome, one that
 * had not is answered as interrupted, and text that had been shown is kept. A pending review stays pending.
 */
export async function recover(setup: AgentSetup): Promise<void> {
  await setup.store.ledger.reclaim();
  for (const run of await setup.store.runs.listRunning()) await endRun(setup, run);
}

async function endRun(setup: AgentSetup, run: RunRow): Promise<void> {
  const { threadId } = run;
  const written = await setup.store.messages.list(threadId);
  const partial = await unfinishedMessage(setup, run, written);
  const open = await setup.store.toolCalls.list(threadId, { turnId: run.turnId, open: true });
  const results = closingResults(open, run.id, 'interrupted');
  const end = interruptedEnd();
  const response = partial ? textOf(partial.parts) : responseOf(written, run.id);
  const events: NewEvent[] = [...results.map(finishedEvent), finishedRunEvent(run.id, end, response)];
  const owner = { runId: run.id, fencingToken: run.fencingToken };
  await setup.log.commit(
    threadId,
    events,
    async (store) => {
      for (const result of results) await writeResult(store, result);
      if (partial) await store.messages.append(partial);
      await closeRun(store, run.id, end);
    },
    owner,
  );
  await setup.checkpointer.deleteThread(run.turnId);
}

/** Text that was sent as events but whose message was never committed: the sum of the events is the text (I8). */
async function unfinishedMessage(
  setup: AgentSetup,
  run: RunRow,
  written: readonly Message[],
): Promise<Omit<Message, 'seq'> | null> {
  const parts = new Map<string, AssistantPart[]>();
  let requestedModel = '';
  for await (const event of eventsOf(setup, run)) {
    if (event.type === 'model.started') ({ requestedModel } = event.data);
    if (event.type === 'message.delta') addText(parts, event.data.messageId, 'text', event.data.text);
    if (event.type === 'reasoning.delta') addText(parts, event.data.messageId, 'reasoning', event.data.text);
  }
  const lost = [...parts].findLast(([id]) => !written.some((message) => message.id === id));
  if (!lost) return null;
  const slash = requestedModel.indexOf('/');
  const [provider, model] = [requestedModel.slice(0, slash), requestedModel.slice(slash + 1)];
  return {
    id: lost[0],
    threadId: run.threadId,
    runId: run.id,
    role: 'assistant',
    parts: lost[1],
    ...(slash < 0 ? {} : { provider, model, wire: setup.models.target({ provider, model }).wire }),
    status: 'partial',
    createdAt: new Date().toISOString(),
  };
}

async function* eventsOf(setup: AgentSetup, run: RunRow) {
  const starts = await setup.store.events.listOfTypes(run.threadId, ['run.started']);
  const start = starts.findLast(({ event }) => event.type === 'run.started' && event.data.runId === run.id);
  let after = start?.event.id ?? 0;
  for (;;) {
    const page = await setup.store.events.list(run.threadId, after);
    yield* page;
    const last = page.at(-1);
    if (!last) return;
    after = last.id;
  }
}

function addText(
  parts: Map<string, AssistantPart[]>,
  messageId: string,
  type: 'text' | 'reasoning',
  text: string,
): void {
  const known = parts.get(messageId) ?? [];
  parts.set(messageId, known);
  const last = known.at(-1);
  if (last?.type === type) last.text += text;
  else known.push({ type, text });
}
