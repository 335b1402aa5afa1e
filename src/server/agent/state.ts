import { Annotation } from '@langchain/langgraph';
import type { ModelConfig } from '#protocol/model.ts';
import type { UsageEntry } from '#protocol/usage.ts';

const maxTerminalEntries = 5;
const maxCodeEntries = 10;
const maxEntryCharacters = 2_000;
const maxUsageEntries = 20;
/** Characters of the open file that the state carries; the model reads files with its tools. */
export const maxFileContent = 20_000;

/**
 * The state of one turn. Only plain data, and little of it: LangGraph writes all of it at every step.
 * `messages` are ids of transcript rows; the rows themselves are in our table.
 */
export const AgentStateAnnotation = Annotation.Root({
  messages: Annotation<string[]>({ reducer: (old, added) => [...old, ...added], default: () => [] }),
  modelConfig: Annotation<ModelConfig>,
  currentFile: Annotation<string | null>({ reducer: (_old, next) => next, default: () => null }),
  fileContent: Annotation<string | null>({
    reducer: (_old, next) => next?.slice(0, maxFileContent) ?? null,
    default: () => null,
  }),
  sandboxId: Annotation<string>,
  sandboxType: Annotation<'local' | 'e2b' | 'daytona'>,
  codeContext: bounded(maxCodeEntries),
  awaitingHumanInput: Annotation<boolean>({ reducer: (_old, next) => next, default: () => false }),
  useMorph: Annotation<boolean>,
  terminalOutput: bounded(maxTerminalEntries),
  modelUsageHistory: Annotation<UsageEntry[]>({
    reducer: (old, added) => [...old, ...added].slice(-maxUsageEntries),
    default: () => [],
  }),
});

export type AgentState = typeof AgentStateAnnotation.State;
export type AgentUpdate = typeof AgentStateAnnotation.Update;

/** The last few entries, each cut: a state that only grows makes every checkpoint larger than the one before. */
function bounded(maxEntries: number) {
  return Annotation<string[]>({
    reducer: (old, added) =>
      [...old, ...added.map((entry) => entry.slice(-maxEntryCharacters))].slice(-maxEntries),
    default: () => [],
  });
}
