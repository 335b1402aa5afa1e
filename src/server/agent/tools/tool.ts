import type { ImagePart, Message } from '#protocol/message.ts';
import type { FileDiff } from '#protocol/review.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';

/** `read` runs at once; `edit` and `command` are reviewed unless the approval mode lets them pass. */
export type ToolKind = 'read' | 'edit' | 'command';

export interface ToolContext {
  sandbox: Sandbox;
  signal: AbortSignal;
  onOutput: (stream: 'stdout' | 'stderr', text: string) => void;
}

/** What a tool of the record works with: no sandbox is opened for it. */
export interface RecordContext {
  signal: AbortSignal;
  /** The whole conversation, also where the model is shown a part of it. */
  record: () => Promise<readonly Message[]>;
}

export interface ToolOutcome {
  /** `outcome_unknown`: the sandbox died while it ran, and nobody knows how far it got. */
  status: 'ok' | 'error' | 'outcome_unknown';
  /** What the model reads; already capped. */
  text: string;
  /** One line for a person, e.g. "Wrote src/total.js (+3 -1)". */
  summary: string;
  exitCode?: number;
  images?: ImagePart[];
  /** The file this call looked at or changed, for the state's `currentFile`. */
  currentFile?: string;
}

interface ToolFacts<Args> {
  name: string;
  kind: ToolKind;
  /** For the model: what it does, when to use it, what it returns. */
  description: string;
  /** JSON schema of an object. */
  parameters: Record<string, unknown>;
  /** Throws an Error whose message tells the model what is wrong with its arguments. */
  parse(args: unknown): Args;
  /** For the review card: what a file would become. Never has an effect. */
  preview?(args: Args, context: Pick<ToolContext, 'sandbox'>): Promise<FileDiff | undefined>;
  /** The files that a call can change; without it, any. */
  paths?(args: Args): string[];
}

interface WorkspaceTool<Args> extends ToolFacts<Args> {
  readsRecord?: undefined;
  run(args: Args, context: ToolContext): Promise<ToolOutcome>;
}

/** Looks into the record only, and is offered to a model that does not get all of it. */
export interface RecordTool<Args> extends ToolFacts<Args> {
  readsRecord: true;
  run(args: Args, context: RecordContext): Promise<ToolOutcome>;
}

/** One tool, one file, one line in `index.ts`. Names and arguments are stable (CONTRACT section 3). */
export type Tool<Args = unknown> = WorkspaceTool<Args> | RecordTool<Args>;
