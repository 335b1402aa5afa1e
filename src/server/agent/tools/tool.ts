import type { NewEvent } from '#protocol/events.ts';
import type { ImagePart, Message, SeenFile } from '#protocol/message.ts';
import type { ModelConfig } from '#protocol/model.ts';
import type { FileDiff } from '#protocol/review.ts';
import type { SubagentRun } from '#protocol/subagent.ts';
import type { WebProvenance } from '#protocol/web.ts';
import type { Target } from '#server/gateway/types.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';

/** `read` runs at once; `edit` and `command` are reviewed unless the approval mode lets them pass. */
export type ToolKind = 'read' | 'edit' | 'command';

/** What every call has to work with. */
export interface CallContext {
  call: { userId: string; threadId: string; runId: string; toolCallId: string };
  signal: AbortSignal;
  /** The thread's settings as they were when the call began. */
  thread: { model: ModelConfig; sandboxId: string; useMorph: boolean };
  /** The whole conversation on its active branch, also where the model is shown a part of it. */
  record: () => Promise<readonly Message[]>;
  /** What a call of this conversation gave in full, by the name that its shortened result says; null: there is none. */
  output: (name: string) => Promise<string | null>;
  /** The newest state of a file that the model saw, or left behind; null: it knows nothing of it. */
  seen: (path: string) => Promise<SeenFile | null>;
  /** How the person saw the file whose change was approved; null: nobody was asked, and nothing is bound to the call. */
  approved: ApprovedChange | null;
  /** Opened when it is first asked for. */
  openSandbox: () => Promise<Sandbox>;
  onOutput: (stream: 'stdout' | 'stderr', text: string) => void;
  /** Events that a person sees at once, in the thread's stream. */
  tell: (events: NewEvent[]) => Promise<void>;
}

export interface ToolContext extends CallContext {
  sandbox: Sandbox;
}

/** What a change to a file may be made on. */
export interface ApprovedChange {
  path: string;
  /** Whether a file with this SHA-256 (null: no file) is the one that was shown, or what calls of this run made of it. */
  accepts(hash: string | null): boolean;
  /** The text that was shown, where it does not follow from the arguments: nothing else may be written. */
  text?: string;
}

/** What a preview has to work with. */
export type PreviewContext = Pick<ToolContext, 'call' | 'signal' | 'thread' | 'seen' | 'tell' | 'sandbox'>;

/** Whom tools are offered to, and how. */
export interface OfferFacts {
  threadId: string;
  target: Pick<Target, 'provider' | 'model' | 'wire' | 'capabilities'>;
  useMorph: boolean;
  /** The model gets a shorter form of the conversation. */
  isCompacted: boolean;
  /** The workspace has skills that it can load; absent: it has none. */
  hasSkills?: boolean;
}

export interface ToolOutcome {
  /** `outcome_unknown`: the sandbox died while it ran, and nobody knows how far it got. */
  status: 'ok' | 'error' | 'outcome_unknown';
  /** What the model reads; already capped. */
  text: string;
  /** All of it, where `text` is a part: kept beside the record for `read_output`. See `long-output.ts`. */
  whole?: string;
  /** One line for a person, e.g. "Wrote src/total.js (+3 -1)". */
  summary: string;
  exitCode?: number;
  images?: ImagePart[];
  /** The file this call looked at or changed, for the state's `currentFile`. */
  currentFile?: string;
  /** What the model knows of that file from now on. */
  file?: SeenFile;
  /** Where the text came from, when it came from the web. */
  web?: WebProvenance;
  /** What a subagent took, when one was sent. */
  subagent?: SubagentRun;
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
  /** For the review card: what a file would become. Never has an effect on the workspace. */
  preview?(args: Args, context: PreviewContext): Promise<FileDiff | undefined>;
  /** Whether the text of the preview does not follow from the arguments alone: it is then kept, and exactly it is written. */
  keepsPreview?(args: Args): boolean;
  /** The files that a call can change; without it, any. */
  paths?(args: Args): string[];
  /**
   * Whether a person decides about this call in every approval mode, `auto` too: it could carry something away.
   * @param record the conversation before the answer that makes the call
   */
  mustAsk?(args: Args, record: readonly Message[]): boolean;
  /** A person's own rule lets its calls pass without a review, in every approval mode. */
  allowedByRule?: boolean;
  /** Whether a model is told of it; without it, every model is. */
  offered?(facts: OfferFacts): boolean;
  /** What this model is told in place of `description` and `parameters`. The same for the same facts. */
  form?(facts: OfferFacts): { description: string; parameters: Record<string, unknown> };
}

export interface WorkspaceTool<Args> extends ToolFacts<Args> {
  onHost?: undefined;
  run(args: Args, context: ToolContext): Promise<ToolOutcome>;
}

/** Works beside the sandbox, which is not opened for it: the record, the web. */
export interface HostTool<Args> extends ToolFacts<Args> {
  onHost: true;
  run(args: Args, context: CallContext): Promise<ToolOutcome>;
}

/** One tool, one file, one line in `index.ts`. Names and arguments are stable (CONTRACT section 3). */
export type Tool<Args = unknown> = WorkspaceTool<Args> | HostTool<Args>;
