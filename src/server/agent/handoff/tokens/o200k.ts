/** Texts longer than this are counted in pieces: the tokenizer's time grows with the square of a text without spaces. */
const pieceLength = 1_000;
/** Characters of texts whose counts are remembered. */
const maxRemembered = 16_000_000;
/** Shorter texts are counted faster than they are looked up. */
const worthRemembering = 64;

/**
 * OpenAI's tokenizer `o200k_base`. It takes 70 MB and a tenth of a second to load: only when a count is asked for that
 * decides something, and never on start. Until it is there, its users estimate.
 */
export class O200k {
  #count: ((text: string) => number) | null = null;
  #loading: Promise<void> | null = null;
  readonly #remembered = new Map<string, number>();
  #characters = 0;

  get isLoaded(): boolean {
    return this.#count !== null;
  }

  /** Never throws: without the tokenizer, tokens are estimated. */
  load(): Promise<void> {
    this.#loading ??= import('gpt-tokenizer/encoding/o200k_base').then(
      ({ countTokens }) => {
        // Words that mean something to OpenAI's models, such as <|endoftext|>, are text in a conversation.
        const asText = { disallowedSpecial: new Set<string>() };
        this.#count = (text) => countTokens(text, asText);
      },
      () => undefined,
    );
    return this.#loading;
  }

  /** @throws when it is not loaded */
  size(text: string): number {
    const count = this.#count;
    if (!count) throw new Error('The tokenizer is not loaded.');
    if (text.length < worthRemembering) return count(text);
    const known = this.#remembered.get(text);
    if (known !== undefined) return known;
    let tokens = 0;
    for (const piece of pieces(text)) tokens += count(piece);
    this.#remember(text, tokens);
    return tokens;
  }

  #remember(text: string, tokens: number): void {
    this.#characters += text.length;
    if (this.#characters > maxRemembered) {
      this.#remembered.clear();
      this.#characters = text.length;
    }
    this.#remembered.set(text, tokens);
  }
}

/** Cut before a space where there is one: that is where a token begins anyway. */
function* pieces(text: string): Generator<string> {
  for (let from = 0; from < text.length;) {
    const end = from + pieceLength;
    const space = end < text.length ? text.lastIndexOf(' ', end) : -1;
    const to = space > from ? space : end;
    yield text.slice(from, to);
    from = to;
  }
}
