import type { FileContentAnswer } from '#protocol/answers.ts';

/** What a file holds, or held. `hash` null: there is none. `text` null: none, or it is no text. */
export interface FileVersion {
  text: string | null;
  hash: string | null;
}

export function versionOf(file: FileContentAnswer): FileVersion {
  return { text: file.content, hash: file.hash };
}

/** A file that a person edits: what was read, and what became of it. */
export class FileDraft {
  readonly path: string;
  /** What the workspace had when it was read, or saved, last. */
  base = $state.raw<FileVersion>({ text: null, hash: null });
  text = $state('');
  /** What somebody else made of it meanwhile. */
  theirs = $state.raw<FileVersion | null>(null);
  /** The two versions are shown beside each other. */
  comparing = $state(false);
  /** What is made of both; null: not begun. */
  merged = $state<string | null>(null);
  readonly isUnsaved = $derived(this.text !== this.base.text);

  constructor(path: string, base: FileVersion) {
    this.path = path;
    this.takeOver(base);
  }

  /** Begins anew from this version. */
  takeOver(version: FileVersion): void {
    this.text = version.text ?? '';
    this.rebase(version);
  }

  /** What is there now was seen in the page: it is what a save may write over. */
  rebase(version: FileVersion): void {
    this.base = version;
    this.theirs = null;
    this.comparing = false;
    this.merged = null;
  }
}

/** The files of one thread that are being edited: they outlive the pane that shows them. */
export class FileDrafts {
  #drafts = $state.raw<Record<string, FileDraft>>({});
  readonly unsaved = $derived(
    Object.values(this.#drafts).flatMap(({ path, isUnsaved }) => (isUnsaved ? [path] : [])),
  );

  of(path: string): FileDraft | null {
    return this.#drafts[path] ?? null;
  }

  begin(path: string, base: FileVersion): FileDraft {
    const draft = new FileDraft(path, base);
    this.#drafts = { ...this.#drafts, [path]: draft };
    return draft;
  }

  drop(path: string): void {
    const { [path]: _dropped, ...others } = this.#drafts;
    this.#drafts = others;
  }
}
