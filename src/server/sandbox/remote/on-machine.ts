import { setTimeout as delay } from 'node:timers/promises';
import { CrosspointError } from '#protocol/errors.ts';
import { RemoteFailure } from './machine.ts';
import type { RemoteLife, RemoteMachine } from './machine.ts';

/** Milliseconds before a request is tried again. */
const retryDelaysMs = [100, 1_000];

/**
 * Asks the machine of a sandbox, and when it fails, the control plane what that means.
 * @param repeat `once`: only what surely was not started is tried again
 * @throws CrosspointError only: `sandbox_gone` when that is proved, else `sandbox_unreachable`, or what `use` throws of it
 */
export async function onMachine<Result>(
  life: RemoteLife,
  repeat: 'again' | 'once',
  use: (machine: RemoteMachine, attempt: number) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 0; ; attempt += 1) {
    const machine = await life.machine();
    try {
      return await use(machine, attempt);
    } catch (cause) {
      if (cause instanceof CrosspointError) throw cause;
      const failure = failureIn(cause);
      if (failure?.code === 'no_space') throw new CrosspointError('disk_full', {}, { cause });
      life.forget();
      const state = await life.state();
      if (state === 'gone')
        throw new CrosspointError('sandbox_gone', { remedy: 'It ended or was removed.' }, { cause });
      const waitMs = repeat === 'again' || failure ? retryDelaysMs[attempt] : undefined;
      if (waitMs === undefined) throw new CrosspointError('sandbox_unreachable', {}, { cause });
      // One that is merely stopped is started by the next attempt.
      if (state !== 'stopped') await delay(waitMs);
    }
  }
}

/** A script's failure has that of the machine as its cause. */
function failureIn(cause: unknown): RemoteFailure | null {
  if (cause instanceof RemoteFailure) return cause;
  return cause instanceof Error && cause.cause instanceof RemoteFailure ? cause.cause : null;
}
