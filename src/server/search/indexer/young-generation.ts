import { setFlagsFromString } from 'node:v8';

/** The flag is one for the whole process, and so is the number of those who want it. */
let running = 0;

/**
 * Does work while V8's young generation keeps the size that it has. The texts and chunks of an index go through this thread and
 * are garbage soon after: V8 would let 134 MB of them wait, and keep that memory. Of its flags the factor alone is read
 * while a process runs; a limit that is set after the start changes nothing.
 */
export async function withSmallYoungGeneration<Result>(work: () => Promise<Result>): Promise<Result> {
  if (running++ === 0) setGrowthFactor(1);
  try {
    return await work();
  } finally {
    if (--running === 0) setGrowthFactor(2);
  }
}

function setGrowthFactor(factor: number): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}
