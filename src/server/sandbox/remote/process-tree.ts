import type { RemoteMachine } from './machine.ts';
import { runFramed } from './frame.ts';
import { quote } from './quote.ts';

/** In the environment of everything that a command starts, so that what leaves its session is still found. */
export const markerVariable = 'CROSSPOINT_COMMAND';

/**
 * `tree` prints the environments of the processes of a marker; `end_tree` kills them until none is left, or for two
 * seconds: what forks while it is killed needs more than one round.
 */
export function treeFunctions(marker: string): string {
  return `tree() { grep -als ${quote(`${markerVariable}=${marker}`)} /proc/[0-9]*/environ; }
end_tree() {
  local found each round=0
  while found=$(tree); [ -n "$found" ] && [ "$round" -lt 100 ]; do
    for each in $found; do each=\${each#/proc/}; kill -9 "\${each%/environ}" 2>/dev/null; done
    round=$((round + 1)); sleep 0.02
  done
}`;
}

/** @param begin what to do before, in bash */
export async function endTree(machine: RemoteMachine, marker: string, begin = ''): Promise<void> {
  const body = `${treeFunctions(marker)}\n${begin}\nend_tree`;
  await runFramed(machine, body, { onOutput: () => undefined, signal: AbortSignal.timeout(15_000) });
}
