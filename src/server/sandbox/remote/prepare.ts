import { CrosspointError } from '#protocol/errors.ts';
import type { RemoteFolders, RemoteMachine } from './machine.ts';
import { runFramed } from './frame.ts';

/** What the scripts of this folder are made of; every usual Linux image has them (coreutils, findutils, util-linux). */
const programs = 'base64 chmod find grep head mkdir mv realpath rm setsid sleep stat';

/**
 * Makes the folders of a sandbox, once after it was made or found.
 * @throws CrosspointError `sandbox_unavailable` when its image lacks what we need
 */
export async function prepareFolders(machine: RemoteMachine): Promise<RemoteFolders> {
  const body = `for each in ${programs}; do command -v "$each" >/dev/null || status="$status $each"; done
umask 022; cd && mkdir -p workspace && mkdir -p -m 700 .crosspoint && status="$status:$(pwd -P)"`;
  const status = await runFramed(machine, body, {
    onOutput: () => undefined,
    signal: AbortSignal.timeout(60_000),
  });
  const [missing = '', home = ''] = status.split(':', 2);
  if (missing !== '' || !home.startsWith('/'))
    throw new CrosspointError('sandbox_unavailable', {
      reason: missing ? `The image of the sandbox lacks${missing}.` : 'Its home folder cannot be written.',
      remedy: 'Choose an image with bash, coreutils, findutils and util-linux.',
    });
  return { workdir: `${home}/workspace`, scratch: `${home}/.crosspoint` };
}
