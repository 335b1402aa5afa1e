import type { SubagentRun } from './subagent.ts';
import type { WebProvenance } from './web.ts';

/**
 * The canonical transcript: what is stored, append-only, in our own form.
 * A provider never sees these rows; it sees a projection computed for it at send time (docs/architecture.md).
 */

/** The three wire formats that the gateway writes and reads. */
export type Wire = 'openai-chat' | 'openai-responses' | 'anthropic-messages';

/**
 * A provider's own bytes for one part: a signature, an encrypted item, an id.
 * `data` is JSON text and is never parsed outside the wire that wrote it.
 * It may be sent back only to the exact issuer: same provider, same wire, same model.
 */
export interface Capsule {
  provider: string;
  wire: Wire;
  model: string;
  data: string;
}

export interface TextPart {
  type: 'text';
  text: string;
  capsule?: Capsule;
}

export interface ReasoningPart {
  type: 'reasoning';
  /** What may be shown; empty for redacted or encrypted reasoning. */
  text: string;
  capsule?: Capsule;
}

export interface ToolCallPart {
  type: 'tool-call';
  toolCallId: string;
  name: string;
  /** JSON text of an object, exactly as hashed, shown and run. Untrusted: never revived by a serialiser that knows classes. */
  args: string;
  capsule?: Capsule;
}

/**
 * `ok` and `error` are real outcomes. `rejected`: a person said no. `not_run`: words, a model change or a cancel came instead.
 * `interrupted`: lost before it started. `outcome_unknown`: it started and nobody knows how it ended.
 */
export type ToolResultStatus = 'ok' | 'error' | 'rejected' | 'not_run' | 'interrupted' | 'outcome_unknown';

export interface ToolResultPart {
  type: 'tool-result';
  toolCallId: string;
  name: string;
  status: ToolResultStatus;
  /** What the model reads. */
  text: string;
  images?: ImagePart[];
  /** The file that the call showed to the model, or left behind. */
  file?: SeenFile;
  /** What the project says of the folders of that file, where the model had not been told; it reads them after `text`. */
  rules?: FolderRules[];
  /** Where it came from, when it came from the web. */
  web?: WebProvenance;
  /** What the subagent took that found it. */
  subagent?: SubagentRun;
}

/** What a model knows of a file since a call: as it was then. */
export interface SeenFile {
  path: string;
  /** SHA-256, hex, of all of the file's bytes. */
  hash: string;
  /** The first and last line that it saw, from 1; absent: all of it. */
  lines?: [number, number];
}

/** A file of instructions of the project, such as `AGENTS.md`, as it was given to a model. */
export interface FolderRules {
  path: string;
  /** SHA-256, hex, of all of its bytes. */
  hash: string;
  text: string;
}

export interface ImagePart {
  type: 'image';
  /** e.g. `image/png` */
  mediaType: string;
  /** base64 */
  data: string;
  /** Where the image is, instead of `data`, which is then empty: only in requests to `/v1`. Nothing here ever fetches it. */
  url?: string;
  /** How closely to look, as OpenAI's wires name it. */
  detail?: string;
}

export interface FilePart {
  type: 'file';
  name: string;
  mediaType: string;
  /** base64 */
  data: string;
  /** Where the file is, instead of `data`, which is then empty: only in requests to `/v1`, as with images. */
  url?: string;
  /** The model reads the file itself, such as a PDF: only in requests to `/v1`. */
  asIs?: true;
}

export type AssistantPart = TextPart | ReasoningPart | ToolCallPart;
export type UserPart = TextPart | ImagePart | FilePart;
export type Part = AssistantPart | UserPart | ToolResultPart;

export type Role = 'user' | 'assistant' | 'tool';

/** `partial`: stopped by a person or cut by a failure; its text is kept, its unfinished tool calls are not. */
export type MessageStatus = 'complete' | 'partial';

/** One row of a thread. `seq` increases by one within the thread; `id` is unique everywhere. */
export interface Message {
  id: string;
  threadId: string;
  seq: number;
  runId: string;
  role: Role;
  parts: Part[];
  /** Of assistant messages: who wrote it. */
  provider?: string;
  model?: string;
  wire?: Wire;
  status: MessageStatus;
  /** ISO 8601, for display only; order comes from `seq`. */
  createdAt: string;
}
