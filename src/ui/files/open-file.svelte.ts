import type { FileContentAnswer } from '#protocol/answers.ts';
import { versionOf, type FileDraft, type FileVersion } from '#ui/client/file-drafts.svelte.ts';
import { asApiError } from '#ui/client/thread.svelte.ts';
import type { FilesView } from './files-view.svelte.ts';

/** One file as it is shown: read, edited, saved, and what to do when somebody else was faster. */
export class OpenFile {
  readonly path: string;
  /** As it was read last; null while it never was, and for a file that is gone. */
  file = $state.raw<FileContentAnswer | null>(null);
  draft = $state.raw<FileDraft | null>(null);
  failure = $state('');
  saving = $state(false);
  /** Another text is shown than the editor was opened with. */
  shown = $state(0);
  readonly #files: FilesView;

  constructor(path: string, files: FilesView) {
    this.path = path;
    this.#files = files;
    this.draft = files.drafts.of(path);
  }

  /** What is there now. It replaces what is shown, unless that is edited: then it waits beside it. */
  async look(): Promise<void> {
    const before = this.file?.hash;
    const now = await this.#read();
    if (now === null) return;
    const { draft } = this;
    if (!draft && now.hash !== before) this.shown += 1;
    if (draft?.isUnsaved) {
      if (now.hash !== draft.base.hash) meet(draft, now);
    } else if (draft && now.hash === null) {
      draft.theirs = now;
    } else if (draft && now.hash !== draft.base.hash) {
      draft.takeOver(now);
      this.shown += 1;
    }
  }

  edit(): void {
    if (this.file === null || this.file.content === null) return;
    this.draft = this.#files.drafts.begin(this.path, versionOf(this.file));
  }

  async save(): Promise<void> {
    const { draft } = this;
    if (!draft || this.saving || !draft.isUnsaved) return;
    if (draft.theirs) {
      draft.comparing = true;
      return;
    }
    this.saving = true;
    this.failure = '';
    const content = draft.text;
    try {
      const { path, base } = draft;
      this.file = await this.#files.api.save(this.#files.threadId, { path, content, hash: base.hash });
      draft.rebase({ text: content, hash: this.file.hash });
    } catch (cause) {
      const error = asApiError(cause);
      if (error.code === 'file_changed') await this.#meet(draft);
      else this.failure = error.message;
    } finally {
      this.saving = false;
    }
  }

  /** Mine, or what was made of both, over what is there now. */
  async keep(text: string): Promise<void> {
    const { draft } = this;
    if (!draft?.theirs) return;
    draft.rebase(draft.theirs);
    if (text !== draft.text) this.#show(draft, text);
    await this.save();
  }

  takeTheirs(): void {
    const { draft } = this;
    if (!draft?.theirs) return;
    if (draft.theirs.hash === null) {
      this.discard();
      this.#files.path = null;
      return;
    }
    draft.takeOver(draft.theirs);
    this.shown += 1;
  }

  /** Back to what was read. */
  discard(): void {
    if (this.draft?.isUnsaved) this.shown += 1;
    this.#files.drafts.drop(this.path);
    this.draft = null;
    if (this.file === null) void this.look();
  }

  /** What was not changed need not be kept. */
  leave(): void {
    if (this.draft && !this.draft.isUnsaved) this.#files.drafts.drop(this.path);
  }

  /** Somebody else was faster: both versions are shown. */
  async #meet(draft: FileDraft): Promise<void> {
    const now = await this.#read();
    if (now === null) return;
    meet(draft, now);
    draft.comparing = draft.theirs !== null;
  }

  #show(draft: FileDraft, text: string): void {
    draft.text = text;
    this.shown += 1;
  }

  /** @returns null when it cannot be read, and why is said */
  async #read(): Promise<FileVersion | null> {
    try {
      this.file = await this.#files.api.read(this.#files.threadId, this.path);
      this.failure = '';
      return versionOf(this.file);
    } catch (cause) {
      const error = asApiError(cause);
      this.file = null;
      if (error.code === 'file_not_found' && this.draft) return { text: null, hash: null };
      this.failure = error.message;
      return null;
    }
  }
}

/** Who wrote the same disagrees about nothing. */
function meet(draft: FileDraft, now: FileVersion): void {
  if (now.text === draft.text) draft.rebase(now);
  else draft.theirs = now;
}
