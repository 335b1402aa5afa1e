import type {
  ChangeScope,
  FileChange,
  FileVersionsAnswer,
  RewindAnswer,
  RewindPlan,
  RewindResult,
  RewindTarget,
  RewindView,
  RewindWhat,
} from '#protocol/workspace.ts';
import { workspacePath } from './workspace-api.ts';

type Ask = <Body>(method: string, path: string, body?: unknown) => Promise<Body>;

export interface RewindCommand {
  target: RewindTarget;
  what: RewindWhat;
  /** Of the plan that was shown; needed where files are taken back. */
  planHash?: string;
  onConflict: 'skip' | 'overwrite';
}

/** What was changed in the files of a thread, and how it is taken back. */
export class ChangesApi {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  list = (threadId: string, scope: ChangeScope) =>
    this.#ask<{ files: FileChange[] }>('GET', `${workspacePath(threadId)}/changes?scope=${inAddress(scope)}`);
  versions = (threadId: string, scope: ChangeScope, path: string) =>
    this.#ask<FileVersionsAnswer>(
      'GET',
      `${workspacePath(threadId)}/changes/file?scope=${inAddress(scope)}&path=${encodeURIComponent(path)}`,
    );
  /** One hunk of a file, or (null) all that is changed in it; `hash` as `versions` gave it. Throws `file_changed`. */
  revert = (
    threadId: string,
    scope: ChangeScope,
    { path, hunk, hash }: { path: string; hunk: number | null; hash: string },
  ) =>
    this.#ask<RewindResult>('POST', `${workspacePath(threadId)}/changes/revert`, {
      ...{ scope: scopeText(scope), path, hunk, hash },
    });

  preview = (threadId: string, target: RewindTarget) =>
    this.#ask<RewindPlan>('POST', `${workspacePath(threadId)}/rewind/preview`, { target });
  /** Throws `plan_changed` when the files are others than the plan was made for. */
  rewind = (threadId: string, command: RewindCommand) =>
    this.#ask<RewindAnswer>('POST', `${workspacePath(threadId)}/rewind`, command);
  rewinds = (threadId: string) =>
    this.#ask<{ rewinds: RewindView[] }>('GET', `${workspacePath(threadId)}/rewinds`);
}

/** As the API names a scope. */
export function scopeText(scope: ChangeScope): string {
  if (scope.kind === 'step') return `step:${scope.toolCallId}`;
  return scope.kind === 'turn' ? `turn:${scope.runId}` : 'all';
}

const inAddress = (scope: ChangeScope) => encodeURIComponent(scopeText(scope));
