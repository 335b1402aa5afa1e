import type { Message } from '#protocol/message.ts';
import type { Store } from '#server/store/store.ts';
import { modelName } from '#server/agent/model-request.ts';
import { TransferError } from './transfer-error.ts';

/**
 * The lines of a thread in the form that import reads: what is imported from them has the same parts.
 * @throws TransferError when this person has no such thread
 */
export async function exportThread(
  store: Store,
  userId: string,
  threadId: string,
): Promise<Iterable<string>> {
  const thread = await store.threads.get(userId, threadId);
  if (!thread) throw new TransferError(`There is no thread "${threadId}".`);
  const messages = await store.messages.list(threadId);
  const { title, modelConfig, createdAt } = thread;
  return linesOf({ type: 'thread', title, model: modelName(modelConfig), createdAt }, messages);
}

function* linesOf(header: object, messages: readonly Message[]): Generator<string> {
  yield `${JSON.stringify(header)}\n`;
  for (const message of messages) {
    const { id, threadId: _thread, seq, runId: _run, ...said } = message;
    yield `${JSON.stringify({ ...said, seq, id })}\n`;
  }
}
