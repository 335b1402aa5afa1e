import { join } from 'node:path';
import type { SandboxLimits } from './limits.ts';
import type { Bubblewrap } from './programs.ts';
import { configurationArguments, podPaths, systemArguments } from './system-root.ts';
import { workdir } from './workspace-path.ts';

/** Host paths that a pod sees, each as the user that starts bwrap can reach it. */
export interface PodMounts {
  workspace: string;
  home: string;
  /** Holds the control socket. */
  control: string;
  /** Our files of /etc. */
  etc: string;
  /** The supervisor's folder, the Node binary, and npm where the host has one. */
  program: string;
  node: string;
  npm?: string;
  /** Only for a bubblewrap without `--size`: /tmp on disk. */
  temporary?: string;
}

/** In which descriptors bwrap finds its arguments and the filter. */
export const descriptors = { arguments: 3, seccomp: 4 } as const;

/** New namespaces of every kind, no capability, and an end with the app. */
export function isolationArguments(bubblewrap: Bubblewrap): string[] {
  return [
    ...['--unshare-user', '--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts'],
    ...['--unshare-cgroup-try', '--die-with-parent', '--new-session'],
    ...(bubblewrap.disableUserns ? ['--disable-userns'] : []),
    ...['--cap-drop', 'ALL', '--uid', '1000', '--gid', '1000', '--hostname', 'sandbox'],
  ];
}

/**
 * The production arguments, from nothing: what is not named here does not exist inside. They travel through a descriptor
 * (`--args`), because /proc/1/cmdline would show host paths inside. bwrap's own root and /dev are memory without a limit,
 * so both become read-only at the end; /proc/sys is bound read-only on top of the other user (reference: core_pattern).
 */
export function podArguments(
  bubblewrap: Bubblewrap,
  mounts: PodMounts,
  limits: SandboxLimits,
  env: Record<string, string>,
): string[] {
  const sized = (path: string) => [
    '--perms',
    '1777',
    '--size',
    String(limits.temporaryBytes),
    '--tmpfs',
    path,
  ];
  return [
    ...isolationArguments(bubblewrap),
    '--clearenv',
    ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
    ...systemArguments(),
    ...configurationArguments(mounts.etc),
    ...['--proc', '/proc', '--ro-bind', '/proc/sys', '/proc/sys', '--dev', '/dev'],
    ...(bubblewrap.sizedTmpfs ? [...sized('/tmp'), ...sized('/dev/shm')] : temporaryOnDisk(mounts)),
    ...['--symlink', '/tmp', '/var/tmp'],
    ...['--bind', mounts.workspace, workdir, '--bind', mounts.home, podPaths.home],
    ...programArguments(mounts),
    ...['--ro-bind', mounts.control, podPaths.control],
    ...['--remount-ro', '/dev', '--remount-ro', '/', '--chdir', workdir],
    ...['--seccomp', String(descriptors.seccomp)],
  ];
}

function temporaryOnDisk({ temporary }: PodMounts): string[] {
  return temporary ? ['--bind', temporary, '/tmp'] : ['--dir', '/tmp'];
}

function programArguments({ program, node, npm }: PodMounts): string[] {
  return [
    ...['--ro-bind', program, podPaths.program, '--ro-bind', node, join(podPaths.bin, 'node')],
    ...(npm ? ['--ro-bind', npm, podPaths.npm, ...npmLink('npm'), ...npmLink('npx')] : []),
  ];
}

function npmLink(name: string): string[] {
  return ['--symlink', join(podPaths.npm, 'bin', `${name}-cli.js`), join(podPaths.bin, name)];
}

/**
 * The first process of a pod: limits, then the supervisor. They are set inside, where the kernel counts the processes of
 * this pod's user namespace only; a hard limit that is lower already stays.
 */
export function podCommand(limits: SandboxLimits): string[] {
  const kibibytes = (bytes: number) => Math.floor(bytes / 1_024);
  const script = [
    'ulimit -c 0 2>/dev/null',
    `ulimit -d ${kibibytes(limits.processMemoryBytes)} 2>/dev/null`,
    `ulimit -f ${kibibytes(limits.fileBytes)} 2>/dev/null`,
    `ulimit -u ${limits.processes} 2>/dev/null`,
    'echo 300 >/proc/self/oom_score_adj',
    `exec ${podPaths.bin}/node --max-old-space-size=256 ${podPaths.program}/supervisor.js`,
  ].join('; ');
  return ['/bin/bash', '-c', script];
}

/** The whole environment of the pod; nothing of the app's own is in it. */
export function podEnvironment(egress: boolean, proxyPort: number): Record<string, string> {
  const proxy = `http://127.0.0.1:${proxyPort}`;
  return {
    PATH: `${podPaths.home}/.local/bin:${podPaths.bin}:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin`,
    HOME: podPaths.home,
    USER: 'user',
    LOGNAME: 'user',
    SHELL: '/bin/bash',
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    TMPDIR: '/tmp',
    ...(egress ? proxyEnvironment(proxy) : {}),
  };
}

function proxyEnvironment(proxy: string): Record<string, string> {
  const local = 'localhost,127.0.0.1,::1';
  return {
    HTTP_PROXY: proxy,
    HTTPS_PROXY: proxy,
    http_proxy: proxy,
    https_proxy: proxy,
    NO_PROXY: local,
    no_proxy: local,
    // Node's own `fetch` uses a proxy only when it is told so.
    NODE_USE_ENV_PROXY: '1',
  };
}
