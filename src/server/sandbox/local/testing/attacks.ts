/** What the attacks are after, on the host outside of the pod. */
export interface Targets {
  /** A text that must never be seen inside: it is in the app's environment and in the files below. */
  canary: string;
  /** A file of the host that everybody there may read, and the folder it is in. */
  secretFile: string;
  /** The app's data directory, and in it the workspace of another sandbox. */
  dataDir: string;
  neighbour: string;
  /** A process of the host. */
  pid: number;
  /** A server of the host: on loopback, at an address of a network, at a path and at an abstract name. */
  port: number;
  address: string;
  socketPath: string;
  abstractSocket: string;
}

export interface Attack {
  name: string;
  /** Calls `breach` when it got what it wanted. */
  command: (targets: Targets) => string;
}

/** Before each command. `reach` opens a TCP connection. */
export const prelude = `breach() { echo "BREACH $*"; }
reach() { timeout 3 bash -c "exec 3<>/dev/tcp/$1/$2" 2>/dev/null; }
writable() { (echo x >"$1") 2>/dev/null && breach "$1"; }
unix() { node -e 'const s = require("net").connect(process.argv[1].replace("@", "\\0"));
  s.on("connect", () => { console.log("BREACH " + process.argv[1]); s.destroy(); }).on("error", () => 0)' "$1"; }
`;

/** Looks for a text in files and everything below folders; the text is cut, so that it does not find itself. */
export const findText = (canary: string, where: string) =>
  `timeout 20 grep -rlsa '${canary.slice(0, 6)}''${canary.slice(6)}' ${where} && breach`;

export const attacks: readonly Attack[] = [
  // Files of the host
  {
    name: 'read the accounts of the host',
    command: () =>
      'cat /etc/shadow /etc/gshadow /etc/sudoers && breach; grep -v "^root:x\\|^user:x" /etc/passwd && breach',
  },
  {
    name: 'list the homes and data of the host',
    command: () =>
      'ls /root /var/lib /var/log /srv /mnt /media /boot /sys 2>/dev/null | grep . && breach; [ "$(ls /home)" = user ] || breach',
  },
  {
    name: 'read a file of the host by its path',
    command: ({ secretFile }) => `cat '${secretFile}' && breach`,
  },
  {
    name: 'list the data directory of the app',
    command: ({ dataDir }) => `ls '${dataDir}' && breach; ls '${dataDir}/sandboxes' && breach`,
  },
  {
    name: 'read the workspace of another sandbox',
    command: ({ neighbour }) => `ls '${neighbour}' && breach; ls /run/crosspoint/workspace && breach`,
  },
  {
    name: 'climb out of the workspace',
    command: ({ secretFile }) =>
      `cat ../../../../../../..${secretFile} && breach; cd /..; [ "$(ls -di / | cut -d/ -f1)" = "$(ls -di /.. | cut -d/ -f1)" ] || breach`,
  },
  {
    name: 'go through the root, folder and files of every process',
    command: ({ secretFile, canary }) =>
      `for p in /proc/[0-9]*; do cat $p/root${secretFile} $p/cwd/../..${secretFile} && breach
      for f in $p/fd/*; do [ -f $f ] && head -c 100000 $f | ${findText(canary, '-')}; done; done`,
  },
  {
    name: 'go through open descriptors to a folder of the host',
    command: ({ dataDir }) =>
      `for d in /proc/*/fd/*; do case $(readlink $d) in '${dataDir}'*) breach $d ;; esac; ls $d/../.. 2>/dev/null | grep sandboxes && breach; done`,
  },
  {
    name: 'follow a link to a file of the host',
    command: ({ secretFile }) => `ln -sf '${secretFile}' link; cat link && breach`,
  },
  {
    name: 'make a hard link to a file of the system',
    command: () => 'ln /usr/bin/env hard && breach; ln /etc/passwd hard && breach',
  },
  {
    name: 'change programs of the system',
    command: () =>
      'writable /usr/bin/x; writable /usr/bin/env; writable /bin/x; writable /lib/x; chmod 777 /usr/bin/env && breach; rm -f /usr/bin/env && breach',
  },
  {
    name: 'change the configuration of the system',
    command: () =>
      'writable /etc/x; writable /etc/passwd; writable /etc/hosts; writable /etc/ld.so.preload; mv /etc/passwd /etc/old && breach',
  },
  {
    name: 'fill the memory behind / and /dev',
    command: () =>
      'for d in / /dev /run /opt /var /home /etc /dev/pts /dev/mqueue; do writable $d/big; done; mkdir /big && breach',
  },
  {
    name: 'change the supervisor, Node or the socket',
    command: () =>
      'writable /opt/crosspoint/pod/supervisor.js; writable /opt/crosspoint/pod/x; writable /opt/crosspoint/bin/node; writable /run/crosspoint/x; rm -f /run/crosspoint/control && breach; ln -sfn /tmp /run/crosspoint && [ -L /run/crosspoint ] && breach; mv /run/crosspoint /run/other && breach',
  },
  // The kernel
  {
    name: 'configure the kernel',
    command: () =>
      'for f in kernel/core_pattern kernel/modprobe kernel/sysrq kernel/hostname kernel/randomize_va_space kernel/unprivileged_bpf_disabled vm/overcommit_memory user/max_user_namespaces fs/suid_dumpable net/ipv4/ip_forward; do writable /proc/sys/$f; done',
  },
  {
    name: 'press the magic key',
    command: () => '[ -w /proc/sysrq-trigger ] && (echo h >/proc/sysrq-trigger) 2>/dev/null && breach',
  },
  {
    name: 'read the memory and the log of the kernel',
    command: () =>
      'head -c 10 /proc/kcore && breach; head -c 10 /dev/mem /dev/kmem /dev/port && breach; dmesg 2>/dev/null | grep . && breach; timeout 1 head -c 1 /dev/kmsg && breach; grep -v "^0000000000000000" /proc/kallsyms 2>/dev/null | head -n 1 | grep . && breach',
  },
  {
    name: 'register a program for a file format',
    command: () =>
      'writable /proc/sys/fs/binfmt_misc/register; ls /proc/sys/fs/binfmt_misc/register && breach',
  },
  {
    name: 'make a device file',
    command: () =>
      'mknod dev1 b 254 0 && breach; mknod dev2 c 1 1 && breach; mknod /tmp/dev3 b 8 0 && breach',
  },
  {
    name: 'open a device of the host',
    command: () =>
      'ls /dev/vd* /dev/sd* /dev/nvme* /dev/kvm /dev/fuse /dev/net/tun /dev/vsock /dev/dri /dev/loop* /dev/mapper 2>/dev/null | grep . && breach',
  },
  {
    name: 'write into control groups',
    command: () => 'ls /sys/fs/cgroup && breach; grep cgroup /proc/self/mounts && breach',
  },
  // Mounts and namespaces
  {
    name: 'mount',
    command: () =>
      'mount -t tmpfs none /tmp && breach; mount --bind / /tmp && breach; mount -t proc proc /tmp && breach; mount -o remount,rw / && breach; mount -o remount,rw,bind /usr && breach; umount -l /usr && breach; umount -l /proc/sys && breach',
  },
  {
    name: 'make a user namespace',
    command: () =>
      'unshare -U true && breach; unshare -Ur id && breach; unshare -m true && breach; unshare -n true && breach',
  },
  {
    name: 'make a namespace through the C library of Node',
    command: () => 'node -e "process.setuid(0)" 2>/dev/null && breach',
  },
  {
    name: 'enter the namespaces of another process',
    command: ({ pid }) =>
      `nsenter -t 1 -a true && breach; nsenter -t 2 -m -n true && breach; nsenter -t ${pid} -m true && breach`,
  },
  {
    name: 'change the root',
    command: () => 'chroot /tmp true && breach; mkdir -p r/o && pivot_root r r/o && breach',
  },
  // Other users
  {
    name: 'become root with a program that may',
    command: () =>
      'su -c id </dev/null && breach; sudo -n id && breach; echo | timeout 2 passwd && breach; newgrp root </dev/null 2>/dev/null | grep . && breach; timeout 2 pkexec id </dev/null && breach',
  },
  {
    name: 'make a program of root',
    command: () =>
      'cp /bin/bash mine; chown 0 mine && breach; chmod u+s mine; ./mine -p -c "[ \\$EUID = 1000 ] || echo BREACH"; setcap cap_sys_admin+ep mine && breach',
  },
  {
    name: 'gain a capability',
    command: () =>
      'grep -E "^Cap(Inh|Prm|Eff|Bnd|Amb)" /proc/self/status | grep -v 0000000000000000 && breach; grep -q "^NoNewPrivs:.1" /proc/self/status || breach; grep -q "^Seccomp:.2" /proc/self/status || breach',
  },
  {
    name: 'have more than one user',
    command: () =>
      '[ "$(wc -l </proc/self/uid_map)" = 1 ] || breach; awk \'$3 != 1 { print "BREACH" }\' /proc/self/uid_map /proc/self/gid_map; writable /proc/self/uid_map; writable /proc/2/uid_map',
  },
  // Processes
  {
    name: 'see or signal a process of the host',
    command: ({ pid }) =>
      `kill -0 ${pid} && breach; [ -e /proc/${pid} ] && breach; [ "$(ls -d /proc/[0-9]* | wc -l)" -lt 20 ] || breach`,
  },
  {
    name: 'raise a limit',
    command: () =>
      'ulimit -u 100000 && breach; ulimit -d unlimited && breach; ulimit -f unlimited && breach; ulimit -t unlimited && breach; ulimit -c unlimited && breach; prlimit --pid 2 --nproc=100000 && breach',
  },
  {
    name: 'take the processors, or be spared when memory is short',
    command: () =>
      'nice -n -10 true 2>&1 | grep . || breach; chrt -f 50 true && breach; (echo -1000 >/proc/self/oom_score_adj) 2>/dev/null && breach',
  },
  {
    name: 'set the clock or the name of the machine',
    command: () =>
      'date -s 2001-01-01 >/dev/null && breach; hostname evil && breach; domainname evil && breach',
  },
  // Secrets
  {
    name: 'find a secret of the app in an environment',
    command: ({ canary }) =>
      `${findText(canary, '/proc/[0-9]*/environ /proc/[0-9]*/cmdline')}; env | grep -iE 'key|token|secret|canary' && breach`,
  },
  {
    name: 'find a path of the host on a command line',
    command: ({ dataDir }) =>
      `cat /proc/[0-9]*/cmdline | tr '\\0' '\\n' | grep -v grep | grep -c '^${dataDir}' | grep -v '^0' && breach`,
  },
  {
    name: 'find a secret of the app in the memory of the supervisor',
    command: ({ canary }) => `node -e '
    const fs = require("fs"), wanted = ["${canary.slice(0, 8)}", "${canary.slice(8)}"].join("");
    try { for (const line of fs.readFileSync("/proc/2/maps", "utf8").split("\\n")) {
      const [, from, to] = /^(\\w+)-(\\w+) rw/.exec(line) ?? []; if (!from) continue;
      const start = parseInt(from, 16), size = Math.min(parseInt(to, 16) - start, 50_000_000), bytes = Buffer.alloc(size);
      try { const f = fs.openSync("/proc/2/mem"); fs.readSync(f, bytes, 0, size, start); fs.closeSync(f); } catch { continue }
      if (bytes.includes(wanted)) console.log("BREACH"); } } catch {}'`,
  },
  {
    name: 'find the key ring of the user',
    command: () =>
      'cat /proc/keys /proc/key-users 2>/dev/null | grep -v "^ *1000:" | grep . && breach; keyctl show 2>/dev/null && breach',
  },
  // Network
  {
    name: 'reach a server on the loopback of the host',
    command: ({ port }) =>
      `reach 127.0.0.1 ${port} && breach; reach localhost ${port} && breach; reach ::1 ${port} && breach; reach 0.0.0.0 ${port} && breach`,
  },
  {
    name: 'reach an address of the host',
    command: ({ address, port }) => `reach ${address} ${port} && breach`,
  },
  {
    name: 'reach the internet or the metadata of a cloud',
    command: () =>
      'reach 1.1.1.1 443 && breach; reach 169.254.169.254 80 && breach; reach 10.0.0.1 80 && breach; getent hosts example.com && breach',
  },
  {
    name: 'reach a socket of the host by its path',
    command: ({ socketPath }) =>
      `unix '${socketPath}'; for s in /var/run/docker.sock /run/docker.sock /run/dbus/system_bus_socket /run/systemd/private /tmp/.X11-unix/X0; do unix $s; done`,
  },
  {
    name: 'reach a socket of the host by its abstract name',
    command: ({ abstractSocket }) => `unix '@${abstractSocket}'`,
  },
  {
    name: 'make a network',
    command: () =>
      'ip link add x type dummy 2>/dev/null && breach; ip addr add 10.9.9.9/24 dev lo 2>/dev/null && breach; ip route add default dev lo 2>/dev/null && breach; [ "$(grep -c : /proc/net/dev)" = 1 ] || breach; ping -c1 -W1 1.1.1.1 >/dev/null 2>&1 && breach',
  },
];
