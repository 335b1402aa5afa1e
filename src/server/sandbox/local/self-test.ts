import { readFile } from 'node:fs/promises';
import { CrosspointError } from '#protocol/errors.ts';
import type { SandboxHealth } from '../sandbox.ts';
import { execCommand } from './exec-command.ts';
import { unfit } from './host.ts';
import type { Unfit } from './host.ts';
import { PodStartFailure } from './pod.ts';
import type { Pod } from './pod.ts';

/** What the kernel says about a command in the pod, one `name value` per line. */
const probe = `awk '/^(CapEff|NoNewPrivs|Seccomp):/ { sub(":", "", $1); print $1, $2 }' /proc/self/status
echo Routes $(tail -n +2 /proc/net/route | wc -l)
if [ -e /etc/shadow ]; then echo Shadow there; else echo Shadow absent; fi
if echo x 2>/dev/null >/proc/sys/kernel/core_pattern; then echo CorePattern writable; else echo CorePattern closed; fi`;

const expected: Record<string, { value: string; otherwise: string }> = {
  CapEff: { value: '0000000000000000', otherwise: 'commands keep capabilities' },
  NoNewPrivs: { value: '1', otherwise: 'commands can gain privileges' },
  Seccomp: { value: '2', otherwise: 'the system call filter is not active' },
  Routes: { value: '0', otherwise: 'there is a network' },
  Shadow: { value: 'absent', otherwise: 'files of the host are visible' },
  CorePattern: { value: 'closed', otherwise: 'the kernel can be configured' },
};

/** Asks a running pod, started as every other, whether its walls stand. Anything but a full yes is a no. */
export async function examinePod(pod: Pod, version: string): Promise<SandboxHealth> {
  const hostUid = await outerUid(pod.pid);
  if (hostUid === 0) return broken('commands would run as root of this machine');
  const { stdout, exitCode } = await execCommand(pod, probe, { timeoutMs: 10_000 });
  const lines = stdout.split('\n');
  for (const [name, { value, otherwise }] of Object.entries(expected))
    if (!lines.includes(`${name} ${value}`)) return broken(otherwise);
  if (exitCode !== 0) return broken('a simple command failed');
  return {
    ok: true,
    detail: `${version}, as user ${hostUid}, without network, capabilities or files of the host`,
  };
}

/** In the host's user namespace. */
async function outerUid(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1');
  return Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? 0);
}

function broken(what: string): Unfit {
  return unfit(`The sandbox is not tight here: ${what}.`, 'Set SANDBOX to e2b or daytona.');
}

const container =
  'Run Crosspoint outside the container, or start it with --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined, or set SANDBOX to e2b or daytona.';

/** bwrap's own words, and what mends them (reference: start-up failures). */
const causes: readonly { pattern: RegExp; reason: string; remedy: string }[] = [
  {
    pattern: /nesting depth|ENOSPC|max_.*namespaces/i,
    reason: 'User namespaces are used up or switched off.',
    remedy: 'Allow them: sudo sysctl -w user.max_user_namespaces=15000',
  },
  {
    pattern: /setting up uid map: Permission denied|RTM_NEWADDR/i,
    reason: 'AppArmor forbids bubblewrap to make user namespaces.',
    remedy:
      'Load its profile: sudo apparmor_parser -r /etc/apparmor.d/bwrap-userns-restrict (package apparmor-profiles), or run: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
  },
  {
    pattern: /mount proc|\/newroot\/proc/i,
    reason: 'This container masks /proc, so that no new one can be mounted.',
    remedy: container,
  },
  {
    pattern: /No permissions to create|unshare failed|unshare: |Operation not permitted/i,
    reason: 'The kernel does not let this process make namespaces.',
    remedy: container,
  },
];

/** Why a pod did not start, in words for the person. @throws `cause` when it is a mistake of ours */
export function explainStart(cause: unknown): Unfit {
  if (cause instanceof CrosspointError && cause.code === 'sandbox_unavailable')
    return unfit(String(cause.values['reason']), String(cause.values['remedy']));
  if (cause instanceof PodStartFailure) return explainOutput(cause.message);
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === undefined) throw cause;
  return unfit(`The sandbox could not be prepared: ${message}.`, 'Mend that and try again.');
}

function explainOutput(printed: string): Unfit {
  const known = causes.find(({ pattern }) => pattern.test(printed));
  if (known) return unfit(known.reason, known.remedy);
  const text = printed.replaceAll(/\s+/g, ' ').slice(0, 300);
  return unfit(`The sandbox did not start: ${text}.`, 'Mend that, or set SANDBOX to e2b or daytona.');
}
