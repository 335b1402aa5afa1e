import { setTimeout as sleep } from 'node:timers/promises';

/** Far more than anything takes on a machine that is busy with other work; only what never comes is waited for so long. */
const limitMs = 60_000;

/** Waits for what is to come. @throws with `what` when it does not */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const until = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > until) throw new Error(`not within ${limitMs / 1_000} s: ${what}`);
    await sleep(10);
  }
}
