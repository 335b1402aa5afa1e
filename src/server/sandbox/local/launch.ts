import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { CrosspointError } from '#protocol/errors.ts';
import { findProgram, systemPath } from './programs.ts';

/** One start of bwrap. `build` gets each host path of `paths` as the starting user can reach it. */
export interface HostPath {
  source: string;
  /** Not a folder. */
  file?: boolean;
}

export interface Launch<Mounts extends object> {
  bwrap: string;
  /** The unprivileged user of this sandbox; null when the app itself is unprivileged. */
  user: { uid: number; gid: number } | null;
  paths: { [Name in keyof Mounts]: HostPath };
  build: (reachable: Mounts) => string[];
  command: string[];
  /** The filter for descriptor 4. */
  seccomp: Buffer;
}

/** An empty folder of root's, over which each pod's own mount namespace puts its paths. */
const stage = '/run/crosspoint';

/**
 * Runs as root only until `setpriv`, and only inside a mount namespace of its own: the data directory (0700) and Node may
 * lie below /root, where the sandbox's user cannot go, so the few paths it needs are bound under `stage` first.
 * Arguments: stage, uid, gid, then triples of kind, source and name, then `--`, then bwrap's command line.
 */
const dropScript = `set -eu
stage=$1 uid=$2 gid=$3; shift 3
mount -t tmpfs -o mode=0755,size=1m,nosuid,nodev crosspoint "$stage"
while [ "$1" != -- ]; do
  if [ "$1" = file ]; then : > "$stage/$3"; else mkdir "$stage/$3"; fi
  mount --rbind -- "$2" "$stage/$3"
  shift 3
done
shift
exec setpriv --reuid="$uid" --regid="$gid" --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all -- "$@"`;

/**
 * Starts bwrap as an unprivileged user, never as uid 0: a process that root starts keeps kernel uid 0 in its user
 * namespace, and could write the host's /proc/sys/kernel/core_pattern. Its environment is PATH alone, since
 * /proc/1/environ inside is bwrap's own. Must be called on the main thread: `--die-with-parent` is per thread.
 */
export async function launch<Mounts extends object>(request: Launch<Mounts>): Promise<ChildProcess> {
  const { bwrap, user } = request;
  if (user) await prepareStage();
  const bwrapLine = [bwrap, '--args', '3', '--', ...request.command];
  const [file = '', ...line] = user ? rootLine(request, user, bwrapLine) : bwrapLine;
  const child = spawn(file, line, {
    env: { PATH: systemPath.join(':') },
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
  });
  const args = request.build(reachablePaths(request));
  feed(child, 3, Buffer.from(args.map((each) => `${each}\0`).join('')));
  feed(child, 4, request.seccomp);
  return child;
}

function reachablePaths<Mounts extends object>({ user, paths }: Launch<Mounts>): Mounts {
  const entries = Object.entries<HostPath>(paths);
  return Object.fromEntries(
    entries.map(([name, { source }]) => [name, user ? join(stage, name) : source]),
  ) as Mounts;
}

function rootLine<Mounts extends object>(
  { paths }: Launch<Mounts>,
  { uid, gid }: { uid: number; gid: number },
  bwrapLine: string[],
): string[] {
  const unshare = findProgram('unshare');
  if (!unshare || !findProgram('setpriv'))
    throw new CrosspointError('sandbox_unavailable', {
      reason: 'unshare or setpriv is missing, which root needs to become another user.',
      remedy:
        'Install util-linux (on Alpine: apk add util-linux setpriv), or run Crosspoint as an ordinary user.',
    });
  const mounts = Object.entries<HostPath>(paths).flatMap(([name, path]) => [
    path.file ? 'file' : 'folder',
    path.source,
    name,
  ]);
  const script = ['/bin/sh', '-c', dropScript, 'sh', stage, String(uid), String(gid), ...mounts, '--'];
  return [unshare, '--mount', '--propagation', 'private', '--', ...script, ...bwrapLine];
}

async function prepareStage(): Promise<void> {
  await mkdir(stage, { recursive: true, mode: 0o755 });
  const status = await lstat(stage);
  if (status.isDirectory() && status.uid === 0) return;
  throw new CrosspointError('sandbox_unavailable', {
    reason: `${stage} is not a folder of root's.`,
    remedy: `Remove it: rm -r ${stage}`,
  });
}

/** What bwrap did not read because it failed is no second failure; its own message tells. */
function feed(child: ChildProcess, descriptor: number, bytes: Buffer): void {
  const stream = child.stdio[descriptor] as Writable | undefined;
  stream?.on('error', () => undefined).end(bytes);
}
