import type {
  GitView,
  ListeningPort,
  ProviderView,
  SandboxType,
  SandboxView,
  TerminalView,
} from '#protocol/workspace.ts';

type Ask = <Body>(method: string, path: string, body?: unknown) => Promise<Body>;

/** An address under which a port of the sandbox can be seen. */
export interface PreviewAddress {
  url: string;
  expiresAt: string;
}

/** What a push came to; `isNew` false: it was there already. */
export interface Pushed {
  branch: string;
  commit: string;
  /** `owner/name`, where the commits really went. */
  repository: string;
  isNew: boolean;
}

/** A pull request that was opened, or that there was for the branch. */
export interface PullRequest {
  url: string;
  number: number;
  existed: boolean;
}

/** What runs in the sandbox of a thread, and the repository in it. */
export class WorkspaceApi {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Starts nothing. */
  sandbox = (threadId: string) =>
    this.#ask<{ sandbox: SandboxView; providers: ProviderView[] }>(
      'GET',
      `${workspacePath(threadId)}/sandbox`,
    );
  moveSandbox = (threadId: string, type: SandboxType) =>
    this.#ask<{ sandbox: SandboxView }>('POST', `${workspacePath(threadId)}/sandbox`, { type });

  terminals = (threadId: string) =>
    this.#ask<{ terminals: TerminalView[] }>('GET', `${workspacePath(threadId)}/terminals`);
  ports = (threadId: string) =>
    this.#ask<{ ports: ListeningPort[] }>('GET', `${workspacePath(threadId)}/ports`);
  openPreview = (threadId: string, port: number) =>
    this.#ask<PreviewAddress>('POST', `${workspacePath(threadId)}/previews`, { port });

  git = (threadId: string) => this.#ask<GitView>('GET', `${workspacePath(threadId)}/git`);
  clone = (threadId: string, repository: { url: string; branch?: string }) =>
    this.#ask<GitView>('POST', `${workspacePath(threadId)}/git/clone`, repository);
  startBranch = (threadId: string, name: string) =>
    this.#ask<GitView>('POST', `${workspacePath(threadId)}/git/branch`, { name });
  commit = (threadId: string, message: string) =>
    this.#ask<GitView>('POST', `${workspacePath(threadId)}/git/commit`, { message });
  /** The branch that is checked out, to the remote that it follows. */
  push = (threadId: string) =>
    this.#ask<{ pushed: Pushed; git: GitView }>('POST', `${workspacePath(threadId)}/git/push`, {});
  /** Pushes first. */
  openPullRequest = (threadId: string, request: { title: string; body: string; draft: boolean }) =>
    this.#ask<PullRequest>('POST', `${workspacePath(threadId)}/git/pull-request`, request);

  /** Copies a folder of the machine that the server runs on into the empty workspace. */
  importFolder = (threadId: string, folder: string) =>
    this.#ask<GitView>('POST', `${workspacePath(threadId)}/workspace/import`, { folder });
  /** That folder is the workspace from now on. */
  bindFolder = (threadId: string, folder: string) =>
    this.#ask<{ sandbox: SandboxView }>('POST', `${workspacePath(threadId)}/workspace/bind`, { folder });
}

export const workspacePath = (threadId: string) => `/api/threads/${encodeURIComponent(threadId)}`;
