import { parseDocument } from 'yaml';

/** Characters; what is longer is no head of a file. */
const maxHead = 8_000;

export interface FrontMatter {
  fields: ReadonlyMap<string, unknown>;
  body: string;
}

/**
 * The YAML between two lines of `---` at the beginning of a Markdown file, and what follows. Strict: a key that stands there
 * twice, an alias, a tag or anything that is no mapping makes it none. null: there is none.
 */
export function readFrontMatter(text: string): FrontMatter | null {
  const [whole, head] =
    /^\uFEFF?---[ \t]*\r?\n([^]*?)\r?\n---[ \t]*(?:\r?\n|$)/.exec(text.slice(0, maxHead)) ?? [];
  if (whole === undefined || head === undefined) return null;
  const document = parseDocument(head, {
    strict: true,
    uniqueKeys: true,
    schema: 'core',
    logLevel: 'silent',
  });
  if (document.errors.length || document.warnings.length) return null;
  const fields = valueOf(() => document.toJS({ mapAsMap: true, maxAliasCount: 0 }) as unknown);
  return fields instanceof Map ? { fields, body: text.slice(whole.length) } : null;
}

/** An alias is refused by a throw: a few lines of them can stand for gigabytes. */
function valueOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof ReferenceError) return null;
    throw cause;
  }
}
