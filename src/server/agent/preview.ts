import type { FileDiff } from '#protocol/review.ts';
import type { ProposedChange, ThreadRow } from '#server/store/store.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { AgentSetup } from './parts.ts';
import type { ThreadMemory } from './thread-memory.ts';
import type { PreviewContext, Tool } from './tools/tool.ts';
import type { Turn } from './turn.ts';

/** What a proposed change would do to its file, or why it cannot be made. */
interface Preview {
  diff: FileDiff | undefined;
  change: ProposedChange | null;
  problem: string | null;
}

interface Proposed {
  turn: Turn;
  thread: ThreadRow;
  toolCallId: string;
  /** An earlier call of the same message changes the same file. */
  isLater: boolean;
}

const none: Preview = { diff: undefined, change: null, problem: null };

const afterAnother =
  'Another call of this message changes the same file. Nothing was changed by this one: make it again when the result of the other is there.';

/** Reads the workspace, changes nothing in it. */
export async function previewOf(
  setup: AgentSetup,
  tool: Tool,
  args: unknown,
  { turn, thread, toolCallId, isLater }: Proposed,
): Promise<Preview> {
  if (isLater && tool.keepsPreview?.(args)) return { ...none, problem: afterAnother };
  try {
    const context = previewContext(setup, {
      thread,
      memory: turn.memory,
      sandbox: await turn.sandbox(),
      call: { runId: turn.run.id, toolCallId },
      signal: turn.signal,
      tell: async (events) => void (await turn.commit(events)),
    });
    const diff = await tool.preview?.(args, context);
    return { diff, change: proposedChange(tool, args, diff), problem: null };
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    // The earlier call may be what makes this one possible: it is tried when its turn comes. A stopped run has no turn.
    if (isLater || turn.signal.aborted) return none;
    return { ...none, problem: cause.message };
  }
}

interface PreviewFor extends Pick<PreviewContext, 'signal' | 'tell' | 'sandbox'> {
  thread: ThreadRow;
  memory: ThreadMemory;
  sandbox: Sandbox;
  call: { runId: string; toolCallId: string };
}

export function previewContext(
  setup: AgentSetup,
  { thread, memory, call, ...given }: PreviewFor,
): PreviewContext {
  return {
    ...given,
    call: { userId: thread.userId, threadId: thread.id, ...call },
    thread: { model: thread.modelConfig, sandboxId: thread.sandboxId, useMorph: thread.useMorph },
    seen: (path) => memory.seen(setup.store, path),
  };
}

/** What has to be known of a diff when its change is made; null where none was shown. */
function proposedChange(tool: Tool, args: unknown, diff: FileDiff | undefined): ProposedChange | null {
  if (!diff) return null;
  const { path, base = null, after } = diff;
  return { path, base, ...(tool.keepsPreview?.(args) ? { text: after } : {}) };
}
