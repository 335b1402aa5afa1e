import { CrosspointError } from '#protocol/errors.ts';
import type { FileDiff, ProposedCall } from '#protocol/review.ts';
import type { ThreadView } from '#protocol/thread.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { ThreadRow } from '#server/store/store.ts';
import type { AgentSetup } from './parts.ts';
import { previewContext } from './preview.ts';
import type { ThreadMemory } from './thread-memory.ts';
import { currentHash, fileHash } from './tools/text-file.ts';

type PendingReview = NonNullable<ThreadView['pendingReview']>;

/** The review that a thread waits for, with each change as it would be made to the file as it is now. */
export async function pendingReview(
  setup: AgentSetup,
  thread: ThreadRow,
  memory: ThreadMemory,
): Promise<ThreadView['pendingReview']> {
  const events = await setup.store.events.listOfTypes(thread.id, ['review.requested'], { newest: 1 });
  const last = events.at(-1)?.event;
  if (last?.type !== 'review.requested') return null;
  const review: PendingReview = last.data;
  if (!review.toolCalls.some(({ diff }) => diff)) return review;
  const sandbox = await openedFor(setup, thread);
  if (!sandbox) return review;
  const toolCalls: ProposedCall[] = [];
  for (const call of review.toolCalls)
    toolCalls.push(await asItIsNow(setup, { thread, memory, sandbox, runId: review.runId }, call));
  return { ...review, toolCalls };
}

/** To look at a thread starts no sandbox of a service, and replaces none that is lost. When a call runs its file is compared again. */
async function openedFor({ workspaces, logger }: AgentSetup, thread: ThreadRow): Promise<Sandbox | null> {
  try {
    const { type, state } = await workspaces.view(thread);
    const isThere = state === 'alive' || (type === 'local' && state === 'stopped');
    return isThere ? await workspaces.open(thread) : null;
  } catch (cause) {
    if (!(cause instanceof CrosspointError)) throw cause;
    logger.warn({ cause, threadId: thread.id }, 'the files of a review could not be looked at');
    return null;
  }
}

interface Looking {
  thread: ThreadRow;
  memory: ThreadMemory;
  sandbox: Sandbox;
  runId: string;
}

async function asItIsNow(setup: AgentSetup, looking: Looking, call: ProposedCall): Promise<ProposedCall> {
  const { diff } = call;
  const tool = setup.tools.get(looking.thread.id, call.name);
  if (!diff || !tool?.preview) return call;
  const hash = await currentHash(looking.sandbox, diff.path);
  if (hash === 'unknown' || hash === baseOf(diff)) return call;
  try {
    const changed = `${diff.path} was changed since this was proposed.`;
    const args = tool.parse(call.args);
    if (tool.keepsPreview?.(args))
      return {
        ...call,
        stale: `${changed} It was merged into the file as it was, so it will not be written: approve it, and the model makes it anew.`,
      };
    const context = previewContext(setup, {
      ...looking,
      call: { runId: looking.runId, toolCallId: call.id },
      signal: new AbortController().signal,
      tell: () => Promise.resolve(),
    });
    const now = await tool.preview(args, context);
    return { ...call, ...(now ? { diff: now } : {}), stale: `${changed} This is what it would do now.` };
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    const reason = cause.message.split('\n', 1)[0] ?? '';
    return {
      ...call,
      stale: `${diff.path} was changed since this was proposed, and it cannot be made any more. ${reason}`,
    };
  }
}

function baseOf({ base, before, isNew }: FileDiff): string | null {
  return isNew ? null : (base ?? fileHash(before));
}
