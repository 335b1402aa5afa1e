import type { Message } from '#protocol/message.ts';
import type { Store } from '#server/store/store.ts';
import { createIncrementalProject } from './handoff/project.ts';
import { callsOf } from './handoff/tool-results.ts';

/** What the workspace's AGENTS.md said when it was last read. */
export interface Instructions {
  text: string;
  /** Size and time of the file: read again only when they change. */
  version: string;
}

/**
 * What one active thread keeps between requests, so that a step costs the same at turn 800 as at turn 5. It can be
 * thrown away at any time: everything in it comes from the store and the workspace.
 */
export class ThreadMemory {
  /** Grows in place and never changes otherwise: the projection is cached by its identity. */
  readonly transcript: Message[] = [];
  readonly callIds = new Set<string>();
  readonly project = createIncrementalProject();
  instructions: Instructions | null = null;
  readonly #threadId: string;

  constructor(threadId: string) {
    this.#threadId = threadId;
  }

  /** Reads the rows that were committed since the last time, in their order. */
  async refresh(store: Store): Promise<readonly Message[]> {
    const afterSeq = this.transcript.at(-1)?.seq ?? 0;
    const fresh = await store.messages.list(this.#threadId, { afterSeq });
    for (const message of fresh) {
      if (message.seq <= (this.transcript.at(-1)?.seq ?? 0)) continue;
      this.transcript.push(message);
      for (const call of callsOf(message)) this.callIds.add(call.toolCallId);
    }
    return this.transcript;
  }
}

/** The memories of the threads used last. */
export class ThreadMemories {
  readonly #memories = new Map<string, ThreadMemory>();
  readonly #limit: number;

  constructor(limit = 32) {
    this.#limit = limit;
  }

  of(threadId: string): ThreadMemory {
    const memory = this.#memories.get(threadId) ?? new ThreadMemory(threadId);
    this.#memories.delete(threadId);
    this.#memories.set(threadId, memory);
    const [oldest] = this.#memories.keys();
    if (this.#memories.size > this.#limit && oldest !== undefined) this.#memories.delete(oldest);
    return memory;
  }

  forget(threadId: string): void {
    this.#memories.delete(threadId);
  }
}
