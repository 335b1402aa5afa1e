import type { Compaction } from '#protocol/compaction.ts';
import type { EventData } from '#protocol/events.ts';
import type { ImagePart } from '#protocol/message.ts';
import type { ModelConfig } from '#protocol/model.ts';
import type { SwitchReceipt } from '#protocol/receipt.ts';
import type { FileDiff } from '#protocol/review.ts';
import type { UsageEntry } from '#protocol/usage.ts';
import type { SubagentRun } from '#protocol/subagent.ts';
import type { WebProvenance } from '#protocol/web.ts';
import type { FileChange } from '#protocol/workspace.ts';

/** A tool call as the timeline shows it. */
export interface Call {
  toolCallId: string;
  messageId: string;
  name: string;
  args: Record<string, unknown>;
  state: 'proposed' | 'decided' | 'running' | 'finished';
  decision?: { action: string; by: 'user' | 'mode' | 'rule'; reason?: string };
  status?: string;
  summary?: string;
  exitCode?: number;
  durationMs?: number;
  /** What it changed in the files, where that was recorded. */
  files?: FileChange[];
  /** That was taken back. */
  undone?: boolean;
  diff?: FileDiff;
  /** What the call printed while it ran, as received. */
  output: string;
  /** Where on the web its result came from. */
  web?: WebProvenance;
  /** What the subagent took that it sent. */
  subagent?: SubagentRun;
  /** What the model read; known once the thread was loaded after the call. */
  resultText?: string;
}

export interface UserEntry {
  kind: 'user';
  key: string;
  /** null until the server has committed it. */
  messageId: string | null;
  text: string;
  images: ImagePart[];
  at: string;
}

export interface AnswerEntry {
  kind: 'answer';
  key: string;
  /** `provider/model` */
  model: string;
  text: string;
  /** Apart from `text`, so that the structure of the timeline does not change with each piece of text. */
  hasText: boolean;
  reasoning: string;
  hasReasoning: boolean;
  status: 'writing' | 'complete' | 'partial';
  usage: UsageEntry | null;
  calls: Call[];
  at: string;
}

export interface SwitchNote {
  type: 'switched';
  from: string;
  to: string;
  by: 'user' | 'failover' | 'rule';
  reason?: string;
  /** Of a failover: what going back restores, with its settings. */
  fromConfig?: ModelConfig;
  receipt: SwitchReceipt;
  /** ISO 8601; absent when it is not known any more. */
  at?: string;
}
export interface NoticeNote {
  type: 'notice';
  code: string;
  message: string;
}
export interface EndedNote {
  type: 'ended';
  status: 'cancelled' | 'interrupted' | 'error';
  error?: string;
  code?: string;
}
export interface CompactedNote {
  type: 'compacted';
  compaction: Compaction;
}
export interface RestoredNote {
  type: 'restored';
  compactionId: string;
}
/** Files were taken back, or a rewind was. */
export interface RewoundNote extends RewoundData {
  type: 'rewound';
}
/** The sandbox was lost, and a new one stands in its place. */
export interface LostNote extends LostData {
  type: 'lost';
}
export interface MovedNote extends MovedData {
  type: 'moved';
}
type RewoundData = EventData['workspace.rewound'];
type LostData = EventData['sandbox.restored'];
type MovedData = EventData['sandbox.moved'];
export type Note =
  SwitchNote | NoticeNote | EndedNote | CompactedNote | RestoredNote | RewoundNote | LostNote | MovedNote;
export interface NoteEntry {
  kind: 'note';
  key: string;
  eventId: number;
  note: Note;
}

/** Where the conversation goes on in more than one way: what follows is one of them. */
export interface ForkEntry {
  kind: 'fork';
  key: string;
  branchIds: number[];
  /** Of `branchIds`. */
  active: number;
}

export type Entry = UserEntry | AnswerEntry | NoteEntry | ForkEntry;
