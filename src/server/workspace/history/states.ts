import { CrosspointError } from '#protocol/errors.ts';
import type { Hunk } from '#protocol/workspace.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { readChanges, readEntries, readState, type Change, type Entry, type State } from './changes.ts';
import { runOperation } from './operation.ts';

/** Two states of all files, as commits of the history's own git. */
export interface Span {
  before: string;
  after: string;
}

/** What one path has on both sides of a span. */
export interface Difference {
  path: string;
  before: Entry | null;
  after: Entry | null;
}

export interface Standing {
  entry: Entry | null;
  /** A link leads its folder elsewhere, or a folder has its name. */
  isBlocked: boolean;
}

/** States of the files of one sandbox, looked into and written inside of it. What it answers is checked, never trusted. */
export class States {
  readonly #sandbox: Sandbox;

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
  }

  /** @returns null for a span whose states are not kept any more */
  async compare(spans: readonly Span[]): Promise<(Difference[] | null)[]> {
    if (spans.length === 0) return [];
    const input = spans.flatMap(({ before, after }) => [before, after]);
    const fields = await runOperation(this.#sandbox, 'compare', { input });
    const results: (Difference[] | null)[] = [];
    for (let at = 0; at < fields.length && results.length < spans.length; at += 1) {
      const count = Number(/^count (\d+)$/.exec(fields[at] ?? '')?.[1] ?? 0);
      results.push(fields[at] === 'gone' ? null : readEntries(fields.slice(at + 1, at + 1 + count * 2)));
      at += count * 2;
    }
    return spans.map((_span, index) => results[index] ?? null);
  }

  async changes({ before, after }: Span): Promise<Change[]> {
    return readChanges(await runOperation(this.#sandbox, 'changes', { env: { FROM: before, TO: after } }));
  }

  async look(commit: string, paths: readonly string[]): Promise<Map<string, Standing>> {
    if (paths.length === 0) return new Map();
    const fields = await runOperation(this.#sandbox, 'look', { env: { COMMIT: commit }, input: paths });
    return new Map(
      paths.map((path, index) => {
        const [mode = '-', object = '-', state] = fields[index]?.split(' ') ?? [];
        return [path, { entry: mode === '-' ? null : { mode, object }, isBlocked: state !== 'open' }];
      }),
    );
  }

  /** @returns the object of each merge; null where the two sides do not go together */
  async merge(sides: readonly { base: string; ours: string; theirs: string }[]): Promise<(string | null)[]> {
    if (sides.length === 0) return [];
    const input = sides.flatMap(({ base, ours, theirs }) => [base, ours, theirs]);
    const fields = await runOperation(this.#sandbox, 'merge', { input });
    return sides.map((_side, index) => objectOf(fields[index]));
  }

  /** A state that is not in the workspace yet. */
  async build(commit: string, entries: ReadonlyMap<string, Entry | null>): Promise<State> {
    const input = [...entries].map(([path, entry]) =>
      entry ? `${entry.mode} ${entry.object}\t${path}` : `0 ${'0'.repeat(40)}\t${path}`,
    );
    return readState(await runOperation(this.#sandbox, 'build', { env: { COMMIT: commit }, input }));
  }

  /**
   * @returns paths that were neither as before nor as after, and stay as they are, and the state of all files now; null when
   * one of the two is not kept any more: nothing was touched
   */
  async apply({ before, after }: Span): Promise<{ kept: string[]; commit: string } | null> {
    const fields = await runOperation(this.#sandbox, 'apply', { env: { FROM: before, TO: after } });
    if (fields[0] === 'gone') return null;
    const kept = fields.flatMap((field) => (field.startsWith('kept ') ? [field.slice(5)] : []));
    return { kept, commit: readState(fields).commit };
  }

  /** @returns the bytes of objects, and the changed lines between the first two */
  async versions(
    objects: readonly (string | null)[],
  ): Promise<{ bytes: (Uint8Array | null)[]; hunks: Hunk[] }> {
    const input = objects.map((object) => object ?? '-');
    const fields = await runOperation(this.#sandbox, 'versions', { input });
    const bytes = objects.map((_object, index) => {
      const field = fields[index] ?? '-';
      return field === '-' ? null : Buffer.from(field, 'base64');
    });
    return { bytes, hunks: fields.slice(objects.length).flatMap(hunkOf) };
  }

  /** Keeps bytes as an object. */
  async keep(bytes: Uint8Array): Promise<string> {
    await this.#sandbox.scratch.write('revert.new', bytes);
    const [object] = await runOperation(this.#sandbox, 'blob', { env: { NAME: 'revert.new' } });
    const kept = objectOf(object);
    if (kept === null)
      throw new CrosspointError('no_history', { reason: 'git in the sandbox gave no object.' });
    return kept;
  }
}

function objectOf(field: string | undefined): string | null {
  return field !== undefined && /^[0-9a-f]{40,64}$/.test(field) ? field : null;
}

/** `@@ -a,b +c,d @@`: a side without lines names the line after which they would be. */
function hunkOf(line: string): Hunk[] {
  const [, from = '', lines = '1', afterFrom = '', afterLines = '1'] =
    /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line) ?? [];
  if (from === '') return [];
  const side = (start: string, count: string) => {
    const length = Number(count);
    return { from: length === 0 ? Number(start) : Number(start) - 1, lines: length };
  };
  return [{ before: side(from, lines), after: side(afterFrom, afterLines) }];
}
