import { CrosspointError } from '#protocol/errors.ts';
import type { Chunk, ChunkedFile, EmbeddedFile } from '../types.ts';
import type { Embedder } from './embedder.ts';

/** After a model did not answer, files go into the index without vectors for so long, in milliseconds. */
const pauseMs = 60_000;

export interface VectorsOptions {
  embedder: Embedder;
  /** Whose limits hold for files, which belong to no thread. */
  ownerId: string;
  logger: { warn(details: object, message: string): void };
}

/** The vectors of files and queries, for the code search. */
export class ModelVectors {
  readonly #options: VectorsOptions;
  #pausedUntil = 0;

  constructor(options: VectorsOptions) {
    this.#options = options;
  }

  /** A model that does not answer keeps no file out of the index: it comes without vectors, and is found by its words. */
  async ofFiles(files: readonly ChunkedFile[], signal: AbortSignal): Promise<readonly EmbeddedFile[]> {
    if (performance.now() < this.#pausedUntil) return files;
    const { embedder, ownerId, logger } = this.#options;
    const texts = files.flatMap(({ chunks }) => chunks.map(documentText));
    if (!texts.length) return files;
    try {
      const context = { userId: ownerId, threadId: null, runId: null };
      const vectors = (await embedder.embed('document', texts, context, signal)).values();
      return files.map((file) => ({
        ...file,
        vectors: file.chunks.map(() => vectors.next().value as number[]),
      }));
    } catch (cause) {
      if (signal.aborted || !(cause instanceof CrosspointError)) throw cause;
      this.#pausedUntil = performance.now() + pauseMs;
      const { code, message } = cause;
      logger.warn({ code, reason: message }, 'files were indexed without vectors: the model did not answer');
      return files;
    }
  }

  /** @throws CrosspointError when the model does not answer */
  async ofQuery(
    text: string,
    asked: { userId: string; threadId: string; runId: string },
    signal: AbortSignal,
  ): Promise<readonly number[]> {
    const [vector] = await this.#options.embedder.embed('query', [text], asked, signal);
    return vector as number[];
  }
}

/** Where a chunk stands says a part of what it means. */
export function documentText({ path, parent, symbol, text }: Chunk): string {
  const name = [parent, symbol].filter(Boolean).join('.');
  return [path, name, text].filter(Boolean).join('\n') || path;
}
