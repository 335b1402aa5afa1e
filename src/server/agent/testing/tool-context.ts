import type { Message } from '#protocol/message.ts';
import type { NewEvent } from '#protocol/events.ts';
import type { ApprovedChange, ToolContext } from '../tools/tool.ts';
import { SeenFiles } from '../seen-files.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';

/** What a tool is given in a run, of a thread with this sandbox and no conversation unless one is named. */
export function toolContext(
  sandbox: Sandbox,
  given: {
    output?: string[];
    events?: NewEvent[];
    record?: readonly Message[];
    useMorph?: boolean;
    approved?: ApprovedChange;
  } = {},
): ToolContext {
  const seenFiles = new SeenFiles();
  return {
    call: { userId: 'owner', threadId: 'thread', runId: 'run', toolCallId: 'call' },
    signal: new AbortController().signal,
    thread: {
      model: { provider: 'demo', model: 'demo' },
      sandboxId: sandbox.id,
      useMorph: given.useMorph ?? false,
    },
    record: () => Promise.resolve(given.record ?? []),
    output: () => Promise.resolve(null),
    seen: (path) => Promise.resolve(seenFiles.of(given.record ?? [], path)),
    approved: given.approved ?? null,
    openSandbox: () => Promise.resolve(sandbox),
    onOutput: (_stream, text) => given.output?.push(text),
    tell: (events) => {
      given.events?.push(...events);
      return Promise.resolve();
    },
    sandbox,
  };
}
