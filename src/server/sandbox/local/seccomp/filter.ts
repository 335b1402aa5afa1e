import { auditArchitecture, newestSyscall, syscallNumbers } from './syscall-numbers.ts';
import type { Architecture, SyscallName } from './syscall-numbers.ts';

/** One classic BPF instruction of linux/filter.h. */
type Instruction = [code: number, jumpIfTrue: number, jumpIfFalse: number, value: number];

const load = (offset: number): Instruction => [0x20, 0, 0, offset];
const and = (mask: number): Instruction => [0x54, 0, 0, mask];
const answer = (value: number): Instruction => [0x06, 0, 0, value];
const ifEqual = (value: number, yes: number, no: number): Instruction => [0x15, yes, no, value];
const ifGreater = (value: number, yes: number, no: number): Instruction => [0x25, yes, no, value];

/** `struct seccomp_data`: number, architecture, address, then six arguments of 64 bits, low word first. */
const numberAt = 0;
const architectureAt = 4;
const argumentAt = (index: number) => 16 + index * 8;

const allow = answer(0x7fff0000);
const killProcess = answer(0x80000000);
const fail = (errno: number) => answer(0x00050000 | errno);
const eperm = 1;
const enomem = 12;
const enosys = 38;
const eprotonosupport = 93;
const eafnosupport = 97;

/** Refused whatever the arguments: the kernel's privileged, debugging and rarely audited doors. */
const refused: readonly SyscallName[] = [
  // Other namespaces, mounts, file handles past the mount namespace
  ...(['unshare', 'setns', 'mount', 'umount2', 'pivot_root', 'chroot'] as const),
  ...(['fsopen', 'fsmount', 'fsconfig', 'fspick', 'move_mount', 'open_tree', 'mount_setattr'] as const),
  ...(['name_to_handle_at', 'open_by_handle_at', 'statmount', 'listmount'] as const),
  // Other processes
  ...(['ptrace', 'process_vm_readv', 'process_vm_writev', 'process_madvise', 'pidfd_getfd', 'kcmp'] as const),
  // Kernel code, memory and events
  ...(['bpf', 'perf_event_open', 'userfaultfd', 'fanotify_init', 'lookup_dcookie'] as const),
  ...(['io_uring_setup', 'io_uring_enter', 'io_uring_register', 'modify_ldt', 'personality'] as const),
  ...(['init_module', 'finit_module', 'delete_module', 'kexec_load', 'kexec_file_load'] as const),
  ...(['move_pages', 'migrate_pages', 'uselib', 'ustat', 'sysfs', 'nfsservctl'] as const),
  // Keys belong to the user outside, not to the sandbox
  ...(['add_key', 'request_key', 'keyctl'] as const),
  // The machine
  ...(['acct', 'quotactl', 'quotactl_fd', 'reboot', 'swapon', 'swapoff', 'syslog', 'vhangup'] as const),
  ...(['clock_settime', 'clock_adjtime', 'settimeofday', 'ioperm', 'iopl'] as const),
];

/** Every `CLONE_NEW*` that `clone` takes. */
const newNamespaces = 0x7e020000;
const families = { unix: 1, inet: 2, inet6: 10, netlink: 16 };
/** Bytes. PostgreSQL takes a small one; there may be 4,096 of them, and they outlive their processes. */
const maxSharedSegment = 65_536;
/** They type into, or read from, the terminal of somebody else: `TIOCSTI`, `TIOCLINUX`. */
const terminalRequests = [0x5412, 0x541c];

/**
 * The filter as bwrap's `--seccomp` takes it. Default allow with a list of refusals: programs of all kinds must run here,
 * and the namespaces, not the filter, are the wall. Calls newer than the list, and with them those of x32, do
 * not exist; a call of another architecture (32 bits) ends the process, since its numbers mean something else.
 */
export function seccompFilter(architecture: Architecture): Buffer {
  const numbers = syscallNumbers[architecture];
  const rule = (name: SyscallName, build: (number: number) => Instruction[]) =>
    numbers[name] === undefined ? [] : build(numbers[name]);
  return encode([
    load(architectureAt),
    ifEqual(auditArchitecture[architecture], 1, 0),
    killProcess,
    load(numberAt),
    ifGreater(newestSyscall, 0, 1),
    fail(enosys),
    // Its flags are in memory, which a filter cannot read; libraries fall back to `clone`.
    ...rule('clone3', (number) => [ifEqual(number, 0, 1), fail(enosys)]),
    ...refused.flatMap((name) => rule(name, (number) => [ifEqual(number, 0, 1), fail(eperm)])),
    ...rule('clone', (number) => [
      ifEqual(number, 0, 5),
      load(argumentAt(0)),
      and(newNamespaces),
      ifEqual(0, 0, 1),
      allow,
      fail(eperm),
    ]),
    ...rule('socket', socketRule),
    // Memory that no process has mapped counts for none; programs fall back to files.
    ...(['memfd_create', 'memfd_secret'] as const).flatMap((name) =>
      rule(name, (number) => [ifEqual(number, 0, 1), fail(enosys)]),
    ),
    ...rule('shmget', (number) => [
      ifEqual(number, 0, 6),
      load(argumentAt(1) + 4),
      ifGreater(0, 2, 0),
      load(argumentAt(1)),
      ifGreater(maxSharedSegment, 0, 1),
      fail(enomem),
      allow,
    ]),
    ...rule('ioctl', (number) => [
      ifEqual(number, 0, 4),
      load(argumentAt(1)),
      ...terminalRequests.map((request, index) => ifEqual(request, 1 - index, index)),
      fail(eperm),
    ]),
    allow,
  ]);
}

/** Local, internet and routing sockets; no packet, vsock, crypto or other family, and no other netlink. */
function socketRule(number: number): Instruction[] {
  const { unix, inet, inet6, netlink } = families;
  return [
    ifEqual(number, 0, 10),
    load(argumentAt(0)),
    ifEqual(unix, 6, 0),
    ifEqual(inet, 5, 0),
    ifEqual(inet6, 4, 0),
    ifEqual(netlink, 1, 0),
    fail(eafnosupport),
    load(argumentAt(2)),
    ifEqual(0, 0, 1),
    allow,
    fail(eprotonosupport),
  ];
}

function encode(instructions: Instruction[]): Buffer {
  const program = Buffer.alloc(instructions.length * 8);
  for (const [index, [code, yes, no, value]] of instructions.entries()) {
    program.writeUInt16LE(code, index * 8);
    program.writeUInt8(yes, index * 8 + 2);
    program.writeUInt8(no, index * 8 + 3);
    program.writeUInt32LE(value >>> 0, index * 8 + 4);
  }
  return program;
}
