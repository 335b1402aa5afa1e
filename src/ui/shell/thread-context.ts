import { createContext } from 'svelte';
import type { Compaction } from '#protocol/compaction.ts';
import type { ModelConfig } from '#protocol/model.ts';
import type { ChangesView, Shown } from '#ui/changes/changes-view.svelte.ts';
import type { Rewinds } from '#ui/client/rewinds.svelte.ts';
import type { Thread } from '#ui/client/thread.svelte.ts';
import type { FilesView } from '#ui/files/files-view.svelte.ts';

export interface Picking {
  /** The heading. */
  purpose: string;
  /** Choosing the present model means something too. */
  takesCurrent?: boolean;
  /** The chosen model reads all of the conversation next: one that it does not fit offers to compact first. */
  readsAll?: boolean;
  onchoose: (config: ModelConfig) => void;
}

export interface Compacting {
  /** The model that the conversation is to fit. */
  target: ModelConfig;
  /** What follows, and its name on the button. */
  next?: { label: string; run: () => void };
}

/** What the parts of a thread's screen share. */
export interface ThreadScreenContext {
  readonly thread: Thread;
  readonly files: FilesView;
  readonly changes: ChangesView;
  readonly rewinds: Rewinds;
  /** Opens them in the right pane. */
  showChanges(shown: Shown, path?: string): void;
  /** Asks what to take back to before this message of the person, whose text is then in the composer. */
  rewindTo(message: { messageId: string; text: string }): void;
  pickModel(picking: Picking): void;
  compact(compacting: Compacting): void;
  editCompaction(compaction: Compaction): void;
  answerAgain(messageId: string): void;
  focusComposer(): void;
}

export const [useThreadScreen, provideThreadScreen] = createContext<ThreadScreenContext>();
