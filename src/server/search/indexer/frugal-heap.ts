import { setFlagsFromString } from 'node:v8';

/** The flags are the whole process's, and so is the number of those who want them. */
let running = 0;

/**
 * Does work while V8's heaps, of this thread and of those of the index, grow by little. The texts and chunks of an index go
 * through them and are garbage soon after: V8 would let 134 MB of young ones wait and the old ones double, and keep that memory.
 * Both flags are read while a process runs; a limit that is set after the start changes nothing.
 */
export async function withFrugalHeap<Result>(work: () => Promise<Result>): Promise<Result> {
  if (running++ === 0) setGrowth({ young: 1, oldPercent: 20 });
  try {
    return await work();
  } finally {
    // 2 and 0 are V8's own: it doubles the one, and guesses the other.
    if (--running === 0) setGrowth({ young: 2, oldPercent: 0 });
  }
}

function setGrowth({ young, oldPercent }: { young: number; oldPercent: number }): void {
  setFlagsFromString(`--semi-space-growth-factor=${young}`);
  setFlagsFromString(`--heap-growing-percent=${oldPercent}`);
}
