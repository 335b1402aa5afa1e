import type { AssistantPart, ReasoningPart, ToolResultPart, UserPart, Wire } from '#protocol/message.ts';
import type { ModelCost, ReasoningEffort } from '#protocol/model.ts';
import type { UsageEntry } from '#protocol/usage.ts';

/**
 * The gateway's own language: one request form, one stream form, whatever the wire.
 * The agent speaks only this; the wires are the only code that knows a provider's bytes.
 */

/** How a provider departs from its wire. Plain data, so that a provider stays one small file. */
export interface Dialect {
  /** Name of the token limit in OpenAI chat bodies. */
  maxTokensField?: 'max_tokens' | 'max_completion_tokens';
  /** Groq: system, assistant and tool content must be a string, never an array. */
  stringContentOnly?: boolean;
  /** OpenRouter: `reasoning_details` go back to their issuer; `reasoning: {effort}` asks for them. */
  reasoningDetails?: boolean;
  /** Kimi, DeepSeek: a tool-call turn must carry a non-empty `reasoning_content`. */
  reasoningContent?: boolean;
  /** Gemini 3 and later: a message with calls carries a thought signature, one of another model a placeholder. */
  thoughtSignatures?: boolean;
  /** Mistral, Gemma 2: turns of user and assistant alternate, and no words of a person directly follow results. */
  strictTurns?: boolean;
  /** false: the template has no system role, as of Gemma 1 and 2: the prompt begins the first message. Default true. */
  systemRole?: boolean;
  /** Gemma must not get its reasoning back. Default true. */
  reasoningBack?: boolean;
  /** Groq: `reasoning_format: "parsed"` puts reasoning in its own field. */
  reasoningFormat?: 'parsed';
  /** The server fetches the images of http(s) addresses. Default true. */
  imageUrls?: boolean;
  /** Models that see also read PDFs. Default: on Anthropic's and the responses wire. */
  documents?: boolean;
  /** Ask for usage in streams (`stream_options.include_usage`). Default true. */
  streamUsage?: boolean;
  /** Tool-call ids that the provider takes. Default: `[A-Za-z0-9_-]{1,40}`. */
  toolCallId?: { pattern: string; maxLength: number; exactLength?: number };
  /**
   * Anthropic: `budget` is `thinking: {type: "enabled", budget_tokens}`, `adaptive` the newest models' `{type: "adaptive"}`
   * with `output_config.effort`. Default: `adaptive` for reasoning models that take no temperature, else `budget`.
   */
  thinking?: 'budget' | 'adaptive';
  /** Claude 5 and later: thinks unless it is told not to, so its own thinking goes back whatever was asked. */
  thinksUnasked?: boolean;
  /** What the model calls each effort, e.g. Groq's Qwen: off `none`, all others `default`. Default: its own name, `low` for off. */
  efforts?: Partial<Record<Effort, string>>;
  /** OpenAI Responses: ask for summaries of the reasoning. Default true. */
  reasoningSummary?: boolean;
  /** OpenRouter: `usage.cost` is what was charged, in USD; it replaces the price table. */
  declaredCost?: boolean;
}

/** Where a provider is and how it is spoken to. Built once in `app.ts`; a key never leaves it but to its own origin. */
export interface Connection {
  provider: string;
  label: string;
  /** With its version path, except for Anthropic (CONTRACT section 2). No trailing slash. */
  baseUrl: string;
  apiKey: string | null;
  /** The environment variable that holds the key, for error sentences. */
  apiKeyVariable: string;
  auth: 'bearer' | 'x-api-key' | 'none';
  /** Constant headers, e.g. OpenRouter's `HTTP-Referer` and `X-Title`. */
  headers: Record<string, string>;
  dialect: Dialect;
  /** The Helicone per-provider proxy, same path rules as `baseUrl`; absent when Helicone has none for it. */
  heliconeBaseUrl?: string;
  /** The name of the provider in the unified gateway's `model/provider` syntax; absent when it has none. */
  heliconeProvider?: string;
  /** Another wire than a model's usual one that the provider speaks as well: then a client of it gets the provider's own bytes. */
  alsoSpeaks?(wire: Wire, model: string): boolean;
  /** The demo: answers in process, in the bytes of its wire. */
  embedded?: EmbeddedUpstream;
}

/** An upstream inside this process. It is given and gives the exact bytes of a wire, so the wire code is really used. */
export interface EmbeddedUpstream {
  respond(
    path: string,
    body: string,
    signal: AbortSignal,
  ): Promise<{ status: number; headers: Record<string, string>; body: AsyncIterable<Uint8Array> }>;
}

/** The exact receiver of a request: a capsule belongs to (provider, wire, model). */
export interface Target {
  provider: string;
  model: string;
  wire: Wire;
  /** Absent for models that nobody knows: the cost is then null. */
  cost: ModelCost;
  contextWindow: number | null;
  maxOutput: number | null;
  capabilities: { tools: boolean; images: boolean; reasoning: boolean; temperature: boolean };
  /** Overrides of the provider's dialect for this model. */
  dialect?: Dialect;
  /** The id in Helicone's unified gateway where it differs from the provider's. */
  heliconeModel?: string;
}

export interface PromptUserMessage {
  role: 'user';
  parts: UserPart[];
}
export interface PromptAssistantMessage {
  role: 'assistant';
  /** Capsules here have already been filtered: whatever is present goes back to its issuer. */
  parts: AssistantPart[];
}
export interface PromptToolMessage {
  role: 'tool';
  results: ToolResultPart[];
}
export type PromptMessage = PromptUserMessage | PromptAssistantMessage | PromptToolMessage;

export interface ToolDefinition {
  name: string;
  description: string;
  /** JSON schema of an object. */
  parameters: Record<string, unknown>;
  /** true: the provider holds the model to the schema. */
  strict?: boolean;
}

/** `name`: exactly this tool is called. */
export type ToolChoice = 'auto' | 'none' | 'required' | { name: string };

/** Every effort that some provider has a word for. What a model does not know becomes the nearest that it does. */
export type Effort = ReasoningEffort | 'minimal' | 'xhigh' | 'max';

/** `json`: one JSON object, of whatever shape. */
export type OutputFormat =
  | { type: 'json' }
  | {
      type: 'json-schema';
      name: string;
      description?: string;
      schema: Record<string, unknown>;
      strict?: boolean;
    };

/** How the answer is to be made. Only the first four are the agent's; the others come through `/v1`. */
export interface RequestSettings {
  temperature?: number;
  maxTokens?: number;
  reasoningEffort?: Effort;
  /** false: the answer is asked for as a whole and gives the same events, all at its end. Default true. */
  stream?: boolean;
  /** Tokens to think with at most, where a provider counts them. */
  thinkingBudget?: number;
  topP?: number;
  topK?: number;
  stop?: string[];
  /** A wish: providers without one pass over it. */
  seed?: number;
  frequencyPenalty?: number;
  presencePenalty?: number;
  /** false: at most one call in an answer. */
  parallelToolCalls?: boolean;
  output?: OutputFormat;
  verbosity?: 'low' | 'medium' | 'high';
  /** Of the client's own user, opaque, for the provider's abuse detection. */
  endUser?: string;
}

/** A projected request: everything in it suits the target (docs/architecture.md, "Handoff"). */
export interface ModelRequest {
  target: Target;
  /** Byte-identical from turn to turn, so that provider caches hit. */
  system: string;
  messages: PromptMessage[];
  tools: ToolDefinition[];
  toolChoice?: ToolChoice;
  settings: RequestSettings;
  /** Thinking is off for this request (inside a tool loop that began under another model). */
  suppressReasoning?: boolean;
  context: RequestContext;
}

/** Who asks and why: goes to the ledger, and to Helicone as user, session and property headers. */
export interface RequestContext {
  userId: string;
  threadId: string | null;
  runId: string | null;
  /** The thread's title, for Helicone's session name. */
  sessionName?: string;
  /** The answer may come from the response cache, and may be kept there. Another seed is another answer to the same words. */
  cacheAnswers?: { seed: string };
  properties?: Record<string, string>;
}

export type FinishReason = 'stop' | 'tool-calls' | 'length' | 'content-filter' | 'refusal';

/** What a request's stream gives, in this order: started, deltas, finished. Failure is a thrown CrosspointError. */
export type ModelStreamEvent =
  | { type: 'started'; attempt: number; route: string }
  | { type: 'retrying'; attempt: number; afterMs: number; reason: string }
  /** e.g. `helicone_bypassed`: the route that was asked for failed and another serves, visibly. */
  | { type: 'notice'; code: string; message: string }
  /** `refusal`: the provider says that these words decline. */
  | { type: 'text-delta'; text: string; refusal?: true }
  | { type: 'reasoning-delta'; text: string }
  /** A part of the reasoning as it will be in `finished`, where the wire says it before the end. */
  | { type: 'reasoning-done'; part: ReasoningPart }
  /** For display only: arguments are real only in `finished`. `id`: once the provider has said it. */
  | { type: 'tool-call-delta'; index: number; id?: string; name: string; argsText: string }
  | {
      type: 'finished';
      reason: FinishReason;
      parts: AssistantPart[];
      servedModel?: string;
      usage: UsageEntry;
    };

/**
 * A failed request: the typed cause, what had arrived before it (text only: unfinished tool calls are dropped),
 * and the usage of the last attempt where one was made.
 */
export interface PartialAnswer {
  parts: AssistantPart[];
  usage?: UsageEntry;
}

/** Told what each attempt of a request used, when it ends and however it ends. */
export type OnUsage = (usage: UsageEntry) => void;

export interface Gateway {
  /**
   * Sends one request, with the gateway's own retries. Every upstream attempt gives one ledger row.
   * Throws `CrosspointError` with a `provider_*` code; `error.cause` may hold a {@link PartialAnswer} under `partial`.
   * An abort through `signal` ends with a thrown `AbortError` after the attempt is settled.
   * Tool calls appear in `finished.parts` only when their JSON is complete and the stream ended with a finish reason
   * other than `length`; truncated ones never appear (fault F7).
   */
  stream(request: ModelRequest, signal: AbortSignal, onUsage?: OnUsage): AsyncIterable<ModelStreamEvent>;
  close(): Promise<void>;
}
