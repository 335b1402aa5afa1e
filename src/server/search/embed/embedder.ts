import { CrosspointError, type ErrorCode } from '#protocol/errors.ts';
import type { Embeddings } from '#server/gateway/embeddings/types.ts';
import type { RequestContext } from '#server/gateway/types.ts';
import type { VectorSpace } from '../types.ts';
import { formOfModel, type ModelForm } from './model-form.ts';
import type { VectorCache } from './vector-cache.ts';

/** Texts of one request, and their characters: OpenAI takes 300,000 tokens, most local servers far less. */
const mostTexts = 64;
const mostCharacters = 100_000;
/** A text that is refused is cut in half, down to this; shorter ones are wrong for another reason. */
const shortestText = 400;

/** What a text is for. */
export type TextUse = 'query' | 'document';

export interface EmbedderOptions {
  /** `EMBEDDING_MODEL`, as the gateway's router takes it. */
  model: string;
  embeddings: Pick<Embeddings, 'embed'>;
  cache: VectorCache;
}

/** Texts to vectors, by one model through the gateway, each text once. */
export class Embedder {
  readonly #options: EmbedderOptions;
  readonly #form: ModelForm;
  /** The model in the form in which it is asked: in another form it gives other vectors. */
  readonly #id: string;

  constructor(options: EmbedderOptions) {
    this.#options = options;
    this.#form = formOfModel(options.model);
    const { extra, query, document } = this.#form;
    this.#id = `${options.model} ${JSON.stringify([extra, query, document])}`;
  }

  get model(): string {
    return this.#options.model;
  }

  /** null until the model has answered once; kept over restarts. */
  get space(): VectorSpace | null {
    const dimensions = this.#options.cache.dimensions(this.#id);
    return dimensions === null ? null : { model: this.#id, dimensions };
  }

  /**
   * In the order of the texts, all of the space's length.
   * @throws CrosspointError what the gateway throws; `code_search_unavailable` when the model's vectors have another
   *   length than before
   */
  async embed(
    use: TextUse,
    texts: readonly string[],
    context: RequestContext,
    signal: AbortSignal,
  ): Promise<number[][]> {
    const { cache } = this.#options;
    const formed = texts.map((text) =>
      (this.#form[use] + text).slice(0, this.#form.mostCharacters).toWellFormed(),
    );
    const known = new Map<string, number[] | null>(formed.map((text) => [text, cache.get(this.#id, text)]));
    const missing = [...known].flatMap(([text, vector]) => (vector ? [] : [text]));
    for (const some of requests(missing)) {
      const vectors = await this.#ask(use, some, context, signal);
      this.#assertSpace(vectors[0]?.length ?? 0);
      cache.put(this.#id, some, vectors);
      for (const [position, text] of some.entries()) known.set(text, vectors[position] as number[]);
    }
    return formed.map((text) => known.get(text) as number[]);
  }

  /** One text that is too long for the model must not keep all others out. */
  async #ask(
    use: TextUse,
    inputs: string[],
    context: RequestContext,
    signal: AbortSignal,
  ): Promise<number[][]> {
    const { model, embeddings } = this.#options;
    const { extra, inputType } = this.#form;
    const body = { ...extra, ...(inputType ? { input_type: inputType[use] } : {}) };
    try {
      return (await embeddings.embed({ model, inputs, extra: body, context }, signal)).vectors;
    } catch (cause) {
      if (!(cause instanceof CrosspointError) || !saysTooLong.has(cause.code)) throw cause;
      const [only = ''] = inputs;
      if (inputs.length === 1 && only.length < 2 * shortestText) throw cause;
      if (inputs.length === 1)
        return this.#ask(use, [only.slice(0, only.length / 2).toWellFormed()], context, signal);
      const half = Math.ceil(inputs.length / 2);
      const first = await this.#ask(use, inputs.slice(0, half), context, signal);
      return [...first, ...(await this.#ask(use, inputs.slice(half), context, signal))];
    }
  }

  #assertSpace(dimensions: number): void {
    const { cache, model } = this.#options;
    const before = cache.dimensions(this.#id);
    if (before === dimensions) return;
    cache.setDimensions(this.#id, dimensions);
    if (before === null) return;
    throw new CrosspointError('code_search_unavailable', {
      store: model,
      detail: `its vectors have ${dimensions} numbers now, ${before} before. Start the server again to use them.`,
    });
  }
}

const saysTooLong = new Set<ErrorCode>(['provider_bad_request', 'context_overflow']);

function* requests(texts: readonly string[]): Generator<string[]> {
  let [group, characters]: [string[], number] = [[], 0];
  for (const text of texts) {
    if (group.length && (group.length === mostTexts || characters + text.length > mostCharacters)) {
      yield group;
      [group, characters] = [[], 0];
    }
    group.push(text);
    characters += text.length;
  }
  if (group.length) yield group;
}
