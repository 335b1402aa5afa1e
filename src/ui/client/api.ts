import type { ConfigAnswer, ModelsAnswer, Preferences, ThreadsAnswer } from '#protocol/answers.ts';
import type { CompactionAnswer, CompactionMethod } from '#protocol/compaction.ts';
import type { ContextParts } from '#protocol/context.ts';
import type { ModelConfig } from '#protocol/model.ts';
import type { SwitchReceipt } from '#protocol/receipt.ts';
import type { Approval, ApprovalMode } from '#protocol/review.ts';
import type { ThreadSummary, ThreadView } from '#protocol/thread.ts';
import { ChangesApi } from './changes-api.ts';
import { FilesApi } from './files-api.ts';
import { firstEvent } from './first-event.ts';
import { GatewayApi } from './gateway-api.ts';
import { McpApi } from './mcp-api.ts';
import { WorkspaceApi } from './workspace-api.ts';

/** A refused or failed request, with the server's own sentence. `status` 0: the server was not reached. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
  }
}

export interface ThreadChange {
  title?: string;
  modelConfig?: ModelConfig;
  approvalMode?: ApprovalMode;
  budgetUsd?: number | null;
  fallbackModels?: ModelConfig[];
  pauseOnMismatch?: boolean;
  autoCompact?: boolean;
  /** null: whose conversation does not fit writes its summary itself. */
  compactionModel?: ModelConfig | null;
  /** null: the default. */
  subagentModel?: ModelConfig | null;
  cacheAnswers?: boolean;
  useMorph?: boolean;
  /** Moves to another answer. */
  branchId?: number;
}

/** `POST /api/threads/{id}/answer-again` */
export interface AnswerAgain {
  messageId: string;
  modelConfig: ModelConfig;
  clientMessageId: string;
}

/** `POST /api/threads/{id}/compact`: who writes it, none for an outline by rule; and for whom. */
export interface CompactCommand {
  method: CompactionMethod;
  modelConfig?: ModelConfig;
  forModelConfig: ModelConfig;
}

export interface NewMessage {
  message: string;
  threadId?: string;
  modelConfig?: ModelConfig;
  approvalMode?: ApprovalMode;
  fallbackModels?: ModelConfig[];
  clientMessageId: string;
}

/** The page's only way to the server. Every function throws `ApiError` and nothing else. */
export class Api {
  readonly #onUnauthorized: () => void;
  /** Keys, reports, routing and the response cache. */
  readonly mcp = new McpApi((method, path, body) => this.#json(method, path, body));
  readonly gateway = new GatewayApi((method, path, body) => this.#json(method, path, body));

  /** Files of the workspace. */
  readonly files = new FilesApi((method, path, body) => this.#json(method, path, body));

  readonly changes = new ChangesApi((method, path, body) => this.#json(method, path, body));

  /** Terminals, previews, the repository and the sandbox itself. */
  readonly workspace = new WorkspaceApi((method, path, body) => this.#json(method, path, body));

  constructor(onUnauthorized: () => void) {
    this.#onUnauthorized = onUnauthorized;
  }

  config = () => this.#json<ConfigAnswer>('GET', '/api/config');
  models = () => this.#json<ModelsAnswer>('GET', '/api/models');
  preferences = () => this.#json<Preferences>('GET', '/api/preferences');
  changePreferences = (change: Partial<Preferences>) =>
    this.#json<Preferences>('PUT', '/api/preferences', change);
  threads = () => this.#json<ThreadsAnswer>('GET', '/api/threads');
  thread = (id: string) => this.#json<ThreadView>('GET', threadPath(id));
  context = (id: string) => this.#json<ContextParts>('GET', `${threadPath(id)}/context`);
  changeThread = (id: string, change: ThreadChange) =>
    this.#json<ThreadSummary>('PATCH', threadPath(id), change);
  deleteThread = async (id: string): Promise<void> => {
    await this.#send('DELETE', threadPath(id));
  };
  cancel = (id: string) => this.#json<{ cancelled: boolean }>('POST', `${threadPath(id)}/cancel`, {});
  previewSwitch = (id: string, modelConfig: ModelConfig) =>
    this.#json<SwitchReceipt>('POST', `${threadPath(id)}/switch/preview`, { modelConfig });

  /** Resolves when the message is committed; the run's events then come through the thread's stream. */
  sendMessage = (message: NewMessage) => this.#acknowledged('POST', '/api/agent', message);

  /** Resolves when the run has begun on a branch of its own; the answers that were there stay. */
  answerAgain = (threadId: string, command: AnswerAgain) =>
    this.#acknowledged('POST', `${threadPath(threadId)}/answer-again`, command);

  /** Resolves when the compaction is recorded, which may take as long as its model writes. */
  compact = (threadId: string, command: CompactCommand) =>
    this.#json<CompactionAnswer>('POST', `${threadPath(threadId)}/compact`, command);
  editCompaction = (threadId: string, text: string) =>
    this.#json<CompactionAnswer>('PATCH', `${threadPath(threadId)}/compaction`, { text });
  removeCompaction = async (threadId: string): Promise<void> => {
    await this.#send('DELETE', `${threadPath(threadId)}/compaction`);
  };

  /** Resolves when the decision is committed. */
  decide = (threadId: string, runId: string, approval: Approval) =>
    this.#acknowledged('PUT', '/api/agent', { threadId, runId, approval });

  /** Trades the one-time key of the login link for the session cookie. */
  exchangeKey = async (key: string): Promise<void> => {
    await this.#send('POST', '/auth/exchange', { key });
  };

  signOut = async (): Promise<void> => {
    await this.#send('POST', '/auth/logout', {});
    this.#onUnauthorized();
  };

  async #json<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const response = await this.#send(method, path, body);
    return (await response.json()) as Body;
  }

  /**
   * Asks for the event form: its first event says that the command is committed. The rest is not read here;
   * a reader that leaves does not stop the run (CONTRACT section 3).
   */
  async #acknowledged(
    method: 'POST' | 'PUT',
    path: string,
    body: unknown,
  ): Promise<{ threadId: string; runId: string }> {
    const response = await this.#send(method, path, body, 'text/event-stream');
    const started = await firstEvent(response, 'run.started');
    return { threadId: started.threadId, runId: started.runId };
  }

  async #send(method: string, path: string, body?: unknown, accept = 'application/json'): Promise<Response> {
    const { type, content } = contentOf(body);
    const init = { method, headers: { accept, ...type }, ...content };
    const response = await fetch(path, init).catch(() => null);
    if (!response) throw new ApiError(0, 'unreachable', 'Crosspoint does not answer. Is it still running?');
    if (response.ok) return response;
    if (response.status === 401) this.#onUnauthorized();
    throw await errorOf(response);
  }
}

const threadPath = (id: string) => `/api/threads/${encodeURIComponent(id)}`;

/** Bytes go as they are, everything else as JSON. */
function contentOf(body: unknown): { type?: Record<string, string>; content?: { body: BodyInit } } {
  if (body === undefined) return {};
  if (body instanceof Blob)
    return { type: { 'content-type': 'application/octet-stream' }, content: { body } };
  return { type: { 'content-type': 'application/json' }, content: { body: JSON.stringify(body) } };
}

async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text();
  try {
    const { error, code } = JSON.parse(text) as { error: string; code: string };
    return new ApiError(response.status, code, error);
  } catch {
    return new ApiError(response.status, 'unexpected', `The server answered ${response.status}.`);
  }
}
