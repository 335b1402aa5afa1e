import type { Node } from 'web-tree-sitter';
import { definitionOf } from '#server/search/chunk/definition.ts';
import { roleOf } from '#server/search/chunk/node-roles.ts';
import { languageOf } from '#server/syntax/languages.ts';
import { parse } from '#server/syntax/parse.ts';

/** A function that somebody described. */
export interface DocumentedFunction {
  name: string;
  /** Of its own text without any comment, in the stripped file; from 1. */
  startLine: number;
  endLine: number;
  /** The first sentence of its comment, as plain words; empty when there is none. */
  sentence: string;
}

export interface StrippedFile {
  text: string;
  functions: DocumentedFunction[];
}

interface Found {
  name: string;
  start: number;
  end: number;
  comment: string;
}

interface Cut {
  start: number;
  end: number;
}

/** Takes the comments that document functions, all of them, out of a file, and keeps what they said. */
export async function stripped(path: string, text: string): Promise<StrippedFile | null> {
  const language = languageOf(path);
  if (language === null) return null;
  const read = await parse(language, text, (root) => {
    const found: Found[] = [];
    const cuts: Cut[] = [];
    walk(root, [], text, found, cuts);
    return { found, cuts };
  });
  if (read === null) return null;
  const cuts = read.value.cuts.sort((left, right) => left.start - right.start);
  const moved = mover(cuts);
  const kept = without(text, cuts);
  const lineOf = (index: number) => kept.slice(0, index).split('\n').length;
  const functions = read.value.found.map(({ name, start, end, comment }) => ({
    name,
    startLine: lineOf(moved(start)),
    endLine: lineOf(moved(end)),
    sentence: firstSentence(comment),
  }));
  return { text: kept, functions };
}

function walk(node: Node, outer: Node[], text: string, found: Found[], cuts: Cut[]): void {
  let comments = outer;
  for (const child of node.namedChildren) {
    if (roleOf(child.type) === 'comment') {
      comments = [...comments, child];
      continue;
    }
    const isFunction =
      definitionOf(child)?.kind === 'function' ||
      /^(?:property_signature|function_signature)$/.test(child.type);
    const isWrapper = roleOf(child.type) === 'wrapper';
    if (isFunction && !isWrapper) document(child, comments, text, found, cuts);
    walk(child, isWrapper ? comments : [], text, found, cuts);
    comments = [];
  }
}

function document(node: Node, comments: readonly Node[], text: string, found: Found[], cuts: Cut[]): void {
  const docs = comments.filter(({ text: comment }) => /^\/\*\*|^\/\/\//.test(comment));
  const docstring = docstringOf(node);
  for (const doc of docs) cuts.push(wholeLines(doc.startIndex, doc.endIndex, text));
  if (docstring) cuts.push(wholeLines(docstring.startIndex, docstring.endIndex, text));
  const comment = docstring ? docstring.text : docs.map((doc) => doc.text).join('\n');
  const name = definitionOf(node)?.name;
  if (name) found.push({ name, start: node.startIndex, end: node.endIndex - 1, comment });
}

/** Python's; only where something else is left in the body. */
function docstringOf(node: Node): Node | null {
  if (node.type !== 'function_definition') return null;
  const statements = node.childForFieldName('body')?.namedChildren ?? [];
  const [first] = statements;
  const isText = first?.type === 'expression_statement' && first.namedChildren[0]?.type === 'string';
  return isText && first && statements.length > 1 ? first : null;
}

/** With the rest of its lines when nothing else is on them. */
function wholeLines(start: number, end: number, text: string): Cut {
  let from = start;
  while (from > 0 && /[ \t]/.test(text[from - 1]!)) from--;
  let to = end;
  while (to < text.length && /[ \t]/.test(text[to]!)) to++;
  const atLineStart = from === 0 || text[from - 1] === '\n';
  if (!atLineStart) return { start, end };
  if (text[to] === '\n') return { start: from, end: to + 1 };
  return text[end - 1] === '\n' ? { start: from, end } : { start, end };
}

function without(text: string, cuts: readonly Cut[]): string {
  let kept = '';
  let done = 0;
  for (const { start, end } of cuts) {
    if (start > done) kept += text.slice(done, start);
    done = Math.max(done, end);
  }
  return kept + text.slice(done);
}

/** Where an index of the whole text is in what is left. */
function mover(cuts: readonly Cut[]): (index: number) => number {
  return (index) => {
    let gone = 0;
    let done = 0;
    for (const { start, end } of cuts) {
      if (start >= index) break;
      gone += Math.max(0, Math.min(end, index) - Math.max(start, done));
      done = Math.max(done, end);
    }
    return index - gone;
  };
}

/** Without marks of comments, markup and tags: what a person would have typed. */
export function firstSentence(comment: string): string {
  const body = comment
    .replace(/^\s*[rRuUbB]{0,2}("""|'''|"|')|("""|'''|"|')\s*$/g, '')
    .replace(/^\s*\/\*\*+|\*+\/\s*$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*(?:\/\/\/|\*(?!\*))?\s?/, '').trim());
  const paragraph: string[] = [];
  for (const line of body) {
    if (/^(?:@|:param|:return|>>>|```|Args:|Parameters|#)/.test(line)) break;
    if (line === '' && paragraph.length) break;
    if (line) paragraph.push(line);
  }
  const plain = paragraph
    .join(' ')
    .replace(/\{@\w+\s+([^}|]*)(?:\|[^}]*)?\}/g, '$1')
    .replace(/\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])?/g, '$1')
    .replace(/<[^>]{1,40}>/g, ' ')
    .replace(/[`*]+/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  return /^.*?[.!?](?=\s|$)/.exec(plain)?.[0] ?? plain;
}
