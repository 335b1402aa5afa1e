import { hash } from 'node:crypto';

/** A file as the model knows it: lines that are far enough from each other that changes of two never touch. */
export interface ModelFile {
  kind: 'text' | 'binary' | 'link';
  slots: string[];
  executable: boolean;
}

export type Content = ModelFile | null;
export type Files = Map<string, ModelFile>;

/** A change of files by the agent, or by a rewind. */
export interface ModelStep {
  before: Map<string, Content>;
  after: Map<string, Content>;
}

export interface Taken {
  files: Map<string, Content>;
  kept: string[];
}

export function same(one: Content, other: Content): boolean {
  if (!one || !other) return one === other;
  const alike = one.kind === other.kind && one.executable === other.executable;
  return (
    alike &&
    one.slots.length === other.slots.length &&
    one.slots.every((slot, at) => slot === other.slots[at])
  );
}

/**
 * What files are after steps, the newest first, were taken back, slot by slot: the rule, written in another way than the code
 * that is held to it.
 */
export function takeBack(now: Files, steps: readonly ModelStep[], overwrite: boolean): Taken {
  const files = new Map<string, Content>();
  const kept: string[] = [];
  for (const path of new Set(steps.flatMap(({ after }) => [...after.keys()]))) {
    const current = now.get(path) ?? null;
    const own = steps.filter(({ after }) => after.has(path));
    let result: Content | 'conflict' = current;
    for (const { before, after } of own)
      if (result !== 'conflict') result = reverse(result, before.get(path) ?? null, after.get(path) ?? null);
    const first = own.at(-1)?.before.get(path) ?? null;
    if (result !== 'conflict') files.set(path, result);
    else if (overwrite || same(current, first)) files.set(path, first);
    else kept.push(path);
  }
  return { files, kept };
}

function reverse(ours: Content, before: Content, after: Content): Content | 'conflict' {
  if (same(ours, after)) return before;
  if (same(ours, before)) return ours;
  if (!ours || !before || !after) return 'conflict';
  if ([ours, before, after].some(({ kind }) => kind === 'link')) return 'conflict';
  const executable = ours.executable === after.executable ? before.executable : ours.executable;
  const slotsAlike = (one: ModelFile, other: ModelFile) =>
    same({ ...one, executable }, { ...other, executable });
  if (slotsAlike(ours, after)) return { ...before, executable };
  if (slotsAlike(after, before) || slotsAlike(ours, before)) return { ...ours, executable };
  if ([ours, before, after].some(({ kind }) => kind !== 'text')) return 'conflict';
  const slots = ours.slots.map((slot, at) => {
    if (slot === after.slots[at]) return before.slots[at];
    return slot === before.slots[at] || after.slots[at] === before.slots[at] ? slot : undefined;
  });
  return slots.some((slot) => slot === undefined)
    ? 'conflict'
    : { kind: 'text', slots: slots as string[], executable };
}

/** A command that makes the file so; the path may be anything. */
export function commandFor(path: string, content: Content): string {
  const target = quote(path);
  if (!content) return `rm -f -- ${target}`;
  const folder = path.includes('/') ? `mkdir -p -- ${quote(path.slice(0, path.lastIndexOf('/')))}; ` : '';
  const start = `${folder}rm -f -- ${target}; `;
  if (content.kind === 'link') return `${start}ln -s -- ${quote(content.slots[0] ?? '')} ${target}`;
  const mode = content.executable ? `; chmod 755 -- ${target}` : '';
  return `${start}base64 -d > ${target} <<< ${Buffer.from(bytesOf(content)).toString('base64')}${mode}`;
}

/** As `readFiles` gives it. */
export function lineOf(path: string, content: ModelFile): string {
  if (content.kind === 'link') return `${path} link ${content.slots[0]}`;
  return `${path} ${content.executable ? 'x' : '-'} ${hash('sha256', bytesOf(content))}`;
}

/** A command that prints every file below the working directory but those of repositories; few processes, for it runs often. */
export const printFiles = String.raw`find . -name .git -prune -o \( -type f -o -type l \) -printf '%y %m %P\0%l\0'
find . -name .git -prune -o -type f -print0 | xargs -0 -r sha256sum -z`;

export function readFiles(printed: string): string[] {
  const fields = printed.split('\0').slice(0, -1);
  const sums = new Map<string, string>();
  for (const field of fields) {
    const [, sum = '', path = ''] = /^([0-9a-f]{64}) [ *]\.\/(.*)$/s.exec(field) ?? [];
    if (sum !== '') sums.set(path, sum);
  }
  const lines: string[] = [];
  for (let at = 0; /^[fl] \d+ /.test(fields[at] ?? ''); at += 2) {
    const [, type, mode = '', path = ''] = /^(.) (\d+) (.*)$/s.exec(fields[at] ?? '') ?? [];
    const executable = (Number.parseInt(mode, 8) & 0o100) !== 0;
    lines.push(
      type === 'l' ? `${path} link ${fields[at + 1]}` : `${path} ${executable ? 'x' : '-'} ${sums.get(path)}`,
    );
  }
  return lines;
}

function bytesOf({ kind, slots }: ModelFile): string {
  if (kind === 'binary') return `\0${slots[0]}\0`;
  return slots.map((slot, at) => `first ${at}\nsecond ${at}\n${slot}\nthird ${at}\nfourth ${at}\n`).join('');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
