import type { Node } from 'web-tree-sitter';
import type { Language } from './languages.ts';
import { parse } from './parse.ts';

/** A place that the grammar does not allow. */
export interface SyntaxFault {
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 units. */
  column: number;
  /** What the grammar misses here, e.g. `}`; null where there is something that does not belong. */
  missing: string | null;
  /** The beginning of the text that does not belong; empty for something missing. */
  text: string;
}

const longestExcerpt = 60;

/**
 * The places at which a text breaks the grammar of its language, in order. Grammars know less than compilers: compare the
 * faults before and after a change, and never take a single one as proof.
 * @param atMost faults are counted no further than this
 * @returns null when it cannot be told: the text is too long, or parsing took too long
 */
export async function syntaxErrors(
  language: Language,
  text: string,
  atMost = 100,
): Promise<SyntaxFault[] | null> {
  const found = await parse(language, text, (root) => {
    const faults: SyntaxFault[] = [];
    if (root.hasError) collect(root, faults, atMost);
    return faults;
  });
  return found?.value ?? null;
}

/** Within an ERROR node only what is missing or wrong on its own is told, not every piece of it. */
function collect(node: Node, faults: SyntaxFault[], atMost: number): void {
  if (faults.length >= atMost) return;
  if (node.isError || node.isMissing) faults.push(faultOf(node));
  if (node.isMissing) return;
  for (const child of node.children)
    if (child.hasError || child.isMissing || child.isError) collect(child, faults, atMost);
}

function faultOf(node: Node): SyntaxFault {
  const { row, column } = node.startPosition;
  const [firstLine = ''] = node.isMissing ? [] : node.text.split('\n', 1);
  return {
    line: row + 1,
    column: column + 1,
    missing: node.isMissing ? node.type : null,
    text: firstLine.slice(0, longestExcerpt),
  };
}
