/** Calls of the kernel that the filter refuses, with the error that shows that it was the filter. */
export const refusedCalls: readonly { name: string; errno: number; args?: readonly (number | string)[] }[] = [
  ...[
    ...['ptrace', 'process_vm_readv', 'process_vm_writev', 'process_madvise', 'pidfd_getfd', 'kcmp'],
    ...[
      'unshare',
      'setns',
      'mount',
      'umount2',
      'pivot_root',
      'chroot',
      'fsopen',
      'fsmount',
      'move_mount',
      'open_tree',
    ],
    ...['mount_setattr', 'name_to_handle_at', 'open_by_handle_at', 'fanotify_init'],
    ...['bpf', 'perf_event_open', 'userfaultfd', 'io_uring_setup', 'io_uring_enter', 'io_uring_register'],
    ...['add_key', 'request_key', 'keyctl', 'init_module', 'finit_module', 'delete_module', 'kexec_load'],
    ...[
      'reboot',
      'swapon',
      'swapoff',
      'acct',
      'quotactl',
      'syslog',
      'settimeofday',
      'clock_settime',
      'personality',
    ],
  ].map((name) => ({ name, errno: 1 })),
  { name: 'clone', errno: 1, args: [0x10000000] },
  { name: 'clone', errno: 1, args: [0x00020000] },
  { name: 'clone3', errno: 38 },
  { name: 'memfd_create', errno: 38, args: ['x', 0] },
  { name: 'shmget', errno: 12, args: [0, 100_000_000, 0o1600] },
  // Packets, the hypervisor, the kernel's ciphers, Bluetooth; the audit log
  ...[17, 40, 38, 31].map((family) => ({ name: 'socket', errno: 97, args: [family, 3, 0] })),
  { name: 'socket', errno: 93, args: [16, 3, 9] },
  // Typing into a terminal
  { name: 'ioctl', errno: 1, args: [0, 0x5412, 'x'] },
  { name: 'ioctl', errno: 1, args: [0, 0x541c, 'x'] },
];
