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
}

export const workspacePath = (threadId: string) => `/api/threads/${encodeURIComponent(threadId)}`;
