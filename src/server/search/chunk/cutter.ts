import type { Node } from 'web-tree-sitter';
import type { Chunk, ChunkKind } from '../types.ts';
import { bodyOf, definitionOf, type Definition } from './definition.ts';
import { roleOf } from './node-roles.ts';
import { cutAtLines, LineStarts } from './lines.ts';

/** Characters. A class that is longer is told by its head and its members. */
const longestWhole = 0;
/** What is shorter than this and no function is put together with its neighbours. */
const shortestAlone = 120;
/** Neighbours are put together up to this. */
const longestMerged = 2_000;
/** What is longer is cut at line ends. */
export const longestChunk = 4_000;
const longestSignature = 400;
/** Nesting of definitions; a walk that goes deeper finds nothing that a person would call a place. */
const deepest = 12;

/** Short lines of comments and nothing else. */
const headingOnly = /^(?:[ \t]*(?:#|\/\/|\/\*|\*|--)[^\n]{0,120}(?:\n|$)){1,4}$/;

interface Piece {
  start: number;
  end: number;
  kind: ChunkKind;
  symbol: string;
  parent: string;
  signature: string;
  /** It may be put together with a neighbour of the same parent. */
  merges: boolean;
}

/** Around what is being walked. */
interface Scope {
  parent: string;
  /** Functions in it are methods. */
  isClass: boolean;
  depth: number;
  /** Whose statements these are, when they are those of a definition. */
  of: { kind: ChunkKind; symbol: string; parent: string } | null;
}

/** Cuts one parsed file into chunks, by its definitions. */
export class Cutter {
  readonly #text: string;
  readonly #lines: LineStarts;
  readonly #pieces: Piece[] = [];

  constructor(text: string) {
    this.#text = text;
    this.#lines = new LineStarts(text);
  }

  cut(root: Node): Omit<Chunk, 'path' | 'language'>[] {
    this.#walk(root.namedChildren, 0, this.#text.length, { parent: '', isClass: false, depth: 0, of: null });
    return this.#merged().flatMap((piece) => this.#chunksOf(piece));
  }

  /** All of the text from `start` to `end` ends up in pieces: what is no definition is kept as it stands between them. */
  #walk(nodes: readonly Node[], start: number, end: number, scope: Scope): void {
    let done = start;
    let leading: Node[] = [];
    for (const node of nodes) {
      const role = roleOf(node.type);
      if (role === 'comment') {
        const before = leading.at(-1);
        if (before && node.startPosition.row > before.endPosition.row + 1) leading = [];
        leading.push(node);
        continue;
      }
      const last = leading.at(-1);
      const begin =
        last && node.startPosition.row <= last.endPosition.row + 1 ? leading[0]!.startIndex : node.startIndex;
      leading = [];
      const from = Math.max(done, this.#lines.backOverIndent(begin));
      const definition = definitionOf(node);
      const took = definition
        ? this.#define(node, definition, from, done, scope)
        : this.#look(node, from, done, scope);
      if (took) done = Math.max(done, node.endIndex);
    }
    this.#loose(done, end, scope);
  }

  /** @returns false when it stays with what stands around it */
  #define(node: Node, definition: Definition, from: number, done: number, scope: Scope): boolean {
    const { kind, body } = definition;
    const length = node.endIndex - from;
    const around = scope.of?.kind;
    // Within a function, or an object, only classes and functions of a size are places of their own.
    if (around === 'function' || around === 'method' || around === 'constant') {
      const isPlace = kind === 'class' || (kind === 'function' && length >= shortestAlone);
      return isPlace ? this.#emit(node, definition, from, done, scope) : this.#look(node, from, done, scope);
    }
    if (kind === 'constant' && body === null && length < shortestAlone) return false;
    return this.#emit(node, definition, from, done, scope);
  }

  #emit(node: Node, definition: Definition, from: number, done: number, scope: Scope): boolean {
    const { name, owner, body } = definition;
    const parent = [scope.parent, owner].filter(Boolean).join('.');
    const isMethod = definition.kind === 'function' && (scope.isClass || owner !== '');
    const kind: ChunkKind = isMethod ? 'method' : definition.kind;
    const apart = this.#text.slice(done, from).trim();
    // A heading in a comment goes with what it stands above.
    if (apart !== '' && headingOnly.test(apart)) from = done + this.#text.slice(done).search(/\S/);
    else this.#loose(done, from, scope);
    const length = node.endIndex - from;
    const opens =
      body !== null &&
      scope.depth < deepest &&
      length > (definition.kind === 'function' ? longestChunk : longestWhole);
    const whole = {
      start: from,
      end: node.endIndex,
      kind,
      symbol: name,
      parent,
      signature: this.#signature(node, body),
      merges: false,
    };
    if (!opens) {
      this.#pieces.push({ ...whole, merges: definition.kind !== 'function' && length < shortestAlone });
      return true;
    }
    // The head stands with the statements before the first member; what is left between members belongs to it too.
    this.#walk(body.namedChildren, from, node.endIndex, {
      parent: [parent, name].filter(Boolean).join('.'),
      isClass: kind === 'class' || kind === 'type',
      depth: scope.depth + 1,
      of: { kind, symbol: name, parent },
    });
    const head = this.#pieces.find(({ start, symbol }) => start === from && symbol === name);
    if (head) head.signature = whole.signature;
    return true;
  }

  /** A statement that defines nothing by name: a large one is opened, for it may hold definitions (a module in a call). */
  #look(node: Node, from: number, done: number, scope: Scope): boolean {
    const isWrapper = roleOf(node.type) === 'wrapper';
    if (scope.depth >= deepest || (!isWrapper && node.endIndex - from <= longestChunk)) return false;
    this.#loose(done, from, scope);
    const inside = isWrapper ? (bodyOf(node) ?? node) : node;
    this.#walk(inside.namedChildren, from, node.endIndex, { ...scope, depth: scope.depth + 1 });
    return true;
  }

  /** What stands between definitions, without the blank lines and brackets around it. */
  #loose(start: number, end: number, { parent, of }: Scope): void {
    const text = this.#text.slice(start, end);
    if (!/[\p{L}\p{N}_]{2}/u.test(text)) return;
    const from = start + text.length - text.trimStart().length;
    const piece = { start: this.#lines.backOverIndent(from), end: start + text.trimEnd().length };
    const place = of ?? { kind: 'module' as const, symbol: '', parent };
    this.#pieces.push({ ...piece, ...place, signature: '', merges: true });
  }

  /** Merges small neighbours, and the signatures of one function with their implementation. */
  #merged(): Piece[] {
    const merged: Piece[] = [];
    for (const piece of this.#pieces) {
      const before = merged.at(-1);
      if (before && (isOverload(before, piece) || this.#fits(before, piece))) {
        const one =
          before.symbol === piece.symbol
            ? before
            : { ...before, symbol: '', signature: '', kind: kindOfBoth(before, piece) };
        merged[merged.length - 1] = { ...one, end: piece.end, merges: before.merges && piece.merges };
      } else merged.push(piece);
    }
    return merged;
  }

  #fits(before: Piece, piece: Piece): boolean {
    if (!before.merges || !piece.merges || before.parent !== piece.parent) return false;
    const sameDefinition = before.symbol === piece.symbol;
    const small = (each: Piece) => each.symbol === '' || each.end - each.start < shortestAlone;
    const length = piece.end - before.start;
    if (sameDefinition && piece.symbol !== '') return length <= longestChunk;
    return small(before) && small(piece) && length <= longestMerged;
  }

  #chunksOf({ start, end, kind, symbol, parent, signature }: Piece): Omit<Chunk, 'path' | 'language'>[] {
    const place = { kind, symbol, parent };
    return cutAtLines(this.#text.slice(start, end), longestChunk).map(({ text, offset }, index) => ({
      ...place,
      signature: index === 0 ? signature : '',
      startLine: this.#lines.lineOf(start + offset),
      endLine: this.#lines.lineOf(start + offset + text.trimEnd().length - 1),
      text,
    }));
  }

  #signature(node: Node, body: Node | null): string {
    const end = body && body.startIndex > node.startIndex ? body.startIndex : node.endIndex;
    return this.#text.slice(node.startIndex, Math.min(end, node.startIndex + longestSignature)).trim();
  }
}

function isOverload(before: Piece, piece: Piece): boolean {
  const isFunction = piece.kind === 'function' || piece.kind === 'method';
  const same = before.kind === piece.kind && before.symbol === piece.symbol && before.parent === piece.parent;
  return (
    isFunction &&
    same &&
    piece.start >= before.end &&
    piece.end - before.start <= longestChunk &&
    !before.merges
  );
}

function kindOfBoth(one: Piece, other: Piece): ChunkKind {
  return one.kind === other.kind ? one.kind : 'module';
}
