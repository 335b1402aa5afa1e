/**
 * A shorter way to say the beginning of a conversation, for models that it does not fit. The transcript stays as it is:
 * only what such a model is shown begins with `text` in place of the messages up to `throughSeq`.
 */
export interface Compaction {
  id: string;
  threadId: string;
  /** The branch on which it was made; it is valid on every one that has the message `throughSeq`. */
  branchId: number;
  /** The last message that it stands for. */
  throughSeq: number;
  /** `summary`: written by a model. `outline`: made by rule, without one. */
  method: CompactionMethod;
  /** `when_needed`: a model that the whole conversation fits gets all of it. `always`: no model does. */
  scope: CompactionScope;
  /** `auto`: a run needed it. */
  by: 'user' | 'auto';
  /** `provider/model`; null for an outline, and for a text that the person changed. */
  writtenBy: string | null;
  text: string;
  /** Of the whole request to the model that it was made for, before and after. */
  tokensBefore: number;
  tokensAfter: number;
  /** What writing it cost; null when a price is unknown. */
  costUsd: number | null;
  createdAt: string;
}

export type CompactionMethod = 'summary' | 'outline';
export type CompactionScope = 'when_needed' | 'always';

/** `POST /api/threads/{id}/compact`, `PATCH /api/threads/{id}/compaction` */
export interface CompactionAnswer {
  compaction: Compaction;
}

/** What a thread shows of it: `inUse` for its current model. */
export interface CompactionView extends Compaction {
  inUse: boolean;
}

/** Of a receipt whose conversation does not fit. */
export interface NeededCompaction {
  needed: true;
  why: string;
  /** One exists already that makes it fit: it is what the figures of the receipt are about. */
  available: boolean;
  /** Tokens of the request with it, or with one that is made now; absent when none would be enough. */
  tokensAfter?: number;
  /** Models that could write one, with what that would cost; an outline costs nothing. */
  writers: { model: string; costUsd?: number }[];
}
