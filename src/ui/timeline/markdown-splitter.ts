import { Marked } from 'marked';

const marked = new Marked({ gfm: true });

/**
 * A growing Markdown text in its top-level blocks. A block that another one follows is final, so only the last one is
 * read again with each piece: a long answer costs the same at its end as at its beginning.
 */
export class MarkdownSplitter {
  #text = '';
  #final: string[] = [];
  #finalLength = 0;

  /** All blocks of `text`; those that did not change are the same strings as before. */
  split(text: string): string[] {
    if (!text.startsWith(this.#text)) this.#reset();
    this.#text = text;
    const blocks = marked.lexer(text.slice(this.#finalLength)).map((token) => token.raw);
    const last = blocks.findLastIndex((block) => block.trim() !== '');
    for (const block of blocks.slice(0, Math.max(0, last))) {
      this.#finalLength += block.length;
      if (block.trim() !== '') this.#final.push(block);
    }
    return [...this.#final, ...(last === -1 ? [] : [blocks.slice(last).join('')])];
  }

  #reset(): void {
    this.#final = [];
    this.#finalLength = 0;
  }
}
