import { createContext } from 'svelte';
import type { ModelConfig } from '#protocol/model.ts';
import type { Thread } from '#ui/client/thread.svelte.ts';

/** What the parts of a thread's screen share. */
export interface ThreadScreenContext {
  readonly thread: Thread;
  /** Opens the model picker; `purpose` is its heading. */
  pickModel(purpose: string, onchoose: (config: ModelConfig) => void): void;
  focusComposer(): void;
}

export const [useThreadScreen, provideThreadScreen] = createContext<ThreadScreenContext>();
