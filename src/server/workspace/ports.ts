import type { ListeningPort } from '#protocol/workspace.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';

/** State of a listening socket in /proc/net/tcp (include/net/tcp_states.h). */
const listening = '0A';
const loopbackOrAny = /^(?:0+|0100007F|0{24}01000000)$/;

/** What listens in the sandbox where a preview can reach it; no tool of the sandbox is needed for it. */
export async function listeningPorts(sandbox: Sandbox): Promise<ListeningPort[]> {
  const { stdout } = await sandbox.exec(
    `cat /proc/net/tcp /proc/net/tcp6 2>/dev/null; echo; for f in /proc/[0-9]*/fd/*; do l=$(readlink "$f" 2>/dev/null) || continue; case $l in socket:*) p=\${f#/proc/}; p=\${p%%/*}; echo "$l $(tr '\\0' '\\n' </proc/$p/cmdline 2>/dev/null | head -n 1)";; esac; done`,
    { timeoutMs: 10_000 },
  );
  const programs = new Map<string, string>();
  const ports = new Map<number, string>();
  for (const [, inode = '', program = ''] of stdout.matchAll(/^socket:\[(\d+)\] (.*)$/gm))
    programs.set(inode, program.split('/').at(-1) ?? '');
  for (const line of stdout.split('\n')) {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    const [address = '', port = ''] = local.split(':');
    if (state === listening && loopbackOrAny.test(address))
      ports.set(parseInt(port, 16), programs.get(inode) ?? '');
  }
  return [...ports]
    .map(([port, program]) => ({ port, program }))
    .sort((left, right) => left.port - right.port);
}
