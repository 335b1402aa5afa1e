import { flushCompileCache } from 'node:module';
import { parentPort } from 'node:worker_threads';
import { chunkFile } from './chunk-file.ts';
import type { ChunkAnswer, ChunkRequest } from './chunker.ts';

// A thread that is ended keeps nothing for the next one by itself.
flushCompileCache();

/** Runs in a thread of its own: parsing would hold the server up. */
parentPort?.on('message', ({ id, path, text }: ChunkRequest) => {
  chunkFile(path, text).then(
    (chunks) => parentPort?.postMessage({ id, chunks } satisfies ChunkAnswer),
    (cause: unknown) => parentPort?.postMessage({ id, error: String(cause) } satisfies ChunkAnswer),
  );
});
