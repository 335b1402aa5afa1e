import { languageOf } from '#server/syntax/languages.ts';
import { Worker } from 'node:worker_threads';
import { threadEnvironment } from '../thread-environment.ts';
import type { Chunk } from '../types.ts';
import { windows } from './windows.ts';

export interface ChunkRequest {
  id: number;
  path: string;
  text: string;
}

export type ChunkAnswer = { id: number; chunks: Chunk[] } | { id: number; error: string };

export interface Chunker {
  /** `chunkFile` in another thread. A file that the thread cannot cut by definition is cut by lines; this never rejects for it. */
  chunk(path: string, text: string): Promise<Chunk[]>;
  /** Ends the thread; what was asked for is cut by lines. */
  close(): Promise<void>;
}

/** Milliseconds without work after which the thread ends: grammars and their memory go with it. */
const idleMs = 20_000;

/**
 * One thread, started when there is work and ended when there is none. A second one costs 40 MB more, and on two cores cuts no
 * faster beside the thread of the store.
 */
export function createChunker(): Chunker {
  let thread: ChunkThread | null = null;
  const start = (): ChunkThread => {
    const started = new ChunkThread(() => {
      if (thread === started) thread = null;
    });
    return started;
  };
  return {
    chunk: (path, text) => (thread ??= start()).chunk(path, text),
    close: async () => thread?.end(),
  };
}

class ChunkThread {
  readonly #worker = new Worker(new URL('./chunk-worker.ts', import.meta.url), {
    env: threadEnvironment(),
    resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 192 },
  });
  readonly #waiting = new Map<number, ChunkRequest & { resolve: (chunks: Chunk[]) => void }>();
  readonly #onEnd: () => void;
  #next = 0;
  #idle: NodeJS.Timeout | null = null;
  #ended = false;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
    this.#worker.on('message', (answer: ChunkAnswer) => this.#answered(answer));
    // A text that takes the thread down (out of memory) is cut by lines, and so is what waited behind it.
    this.#worker.on('error', () => this.#giveUp());
    this.#worker.on('exit', () => this.#giveUp());
  }

  get pending(): number {
    return this.#waiting.size;
  }

  chunk(path: string, text: string): Promise<Chunk[]> {
    if (this.#idle) clearTimeout(this.#idle);
    this.#worker.ref();
    return new Promise((resolve) => {
      const request = { id: this.#next++, path, text };
      this.#waiting.set(request.id, { ...request, resolve });
      this.#worker.postMessage(request);
    });
  }

  async end(): Promise<void> {
    if (this.#idle) clearTimeout(this.#idle);
    this.#giveUp();
    await this.#worker.terminate();
  }

  #answered(answer: ChunkAnswer): void {
    const request = this.#waiting.get(answer.id);
    if (!request) return;
    this.#waiting.delete(answer.id);
    request.resolve('chunks' in answer ? answer.chunks : byLines(request));
    if (this.#waiting.size > 0) return;
    this.#worker.unref();
    this.#idle = setTimeout(() => void this.end(), idleMs).unref();
  }

  #giveUp(): void {
    if (!this.#ended) this.#onEnd();
    this.#ended = true;
    for (const request of this.#waiting.values()) request.resolve(byLines(request));
    this.#waiting.clear();
  }
}

function byLines({ path, text }: ChunkRequest): Chunk[] {
  const language = languageOf(path);
  return windows(text).map((piece) => ({ path, language, ...piece }));
}
