import { Worker } from 'node:worker_threads';
import { threadEnvironment } from '../../thread-environment.ts';
import type { Arguments, Operation, Operations, StoreAnswer, StoreRequest } from './store-protocol.ts';

/** Milliseconds without work after which the thread ends, and its memory with it. */
const idleMs = 60_000;
/** What a request makes is garbage right after it; V8's own limits would let much of it wait. Pages of SQLite do not count. */
const resourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 128 };

interface Waiting {
  resolve(result: unknown): void;
  reject(cause: Error): void;
}

/** The thread of the embedded store: started with the first request, ended when idle, started again with the next. */
export class StoreThread {
  readonly #space: string;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #idle: NodeJS.Timeout | null = null;
  #next = 0;

  constructor(space: string) {
    this.#space = space;
  }

  /** Requests are carried out one after the other, in the order in which they are made. */
  ask<Name extends Operation>(
    operation: Name,
    file: string,
    given: Arguments<Name>,
  ): Promise<Operations[Name]['result']> {
    if (this.#idle) clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#start());
    worker.ref();
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      worker.postMessage({ id, operation, file, arguments: given } as StoreRequest);
    });
  }

  /** What was asked for is rejected. The next request starts anew. */
  async end(): Promise<void> {
    if (this.#idle) clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = null;
    this.#reject(new Error('it was closed'));
    await worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL('./store-worker.ts', import.meta.url), {
      workerData: { space: this.#space },
      env: threadEnvironment(),
      resourceLimits,
    });
    worker.on('message', (answer: StoreAnswer) => this.#answered(answer));
    const lost = (cause: Error) => {
      if (this.#worker !== worker) return;
      this.#worker = null;
      this.#reject(cause);
    };
    worker.on('error', lost);
    worker.on('exit', (code) => lost(new Error(`its thread ended with ${code}`)));
    return worker;
  }

  #answered(answer: StoreAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('error' in answer) waiting?.reject(new Error(answer.error));
    else waiting?.resolve(answer.result);
    if (this.#waiting.size > 0) return;
    this.#worker?.unref();
    this.#idle = setTimeout(() => void this.end(), idleMs).unref();
  }

  #reject(cause: Error): void {
    for (const { reject } of this.#waiting.values()) reject(cause);
    this.#waiting.clear();
  }
}
