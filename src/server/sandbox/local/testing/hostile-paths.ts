import type { Targets } from './attacks.ts';

/** Paths that a model, a page or a file's name may bring along. */
export const hostilePaths: readonly { name: string; path: (targets: Targets) => string }[] = [
  { name: 'of the folder above', path: () => '..' },
  { name: 'that climbs to the root', path: ({ secretFile }) => `../../../../../../..${secretFile}` },
  { name: 'that climbs from below', path: ({ secretFile }) => `a/b/../../../../..${secretFile}` },
  { name: 'of the host', path: ({ secretFile }) => secretFile },
  { name: 'of another sandbox', path: ({ neighbour }) => `${neighbour}/secret` },
  { name: 'that begins in the workspace', path: ({ secretFile }) => `/workspace/../..${secretFile}` },
  { name: 'that looks like the workspace', path: () => '/workspace-of-others/x' },
  { name: 'with two slashes', path: ({ secretFile }) => `/${secretFile}` },
  { name: 'of a process', path: ({ secretFile }) => `/proc/1/root${secretFile}` },
  { name: 'through a link to the root', path: ({ secretFile }) => `root${secretFile}` },
  { name: 'through a link to the root of a process', path: ({ secretFile }) => `up${secretFile}` },
  { name: 'through a link to a folder of the host', path: () => 'folder/secret' },
  { name: 'through a link and back', path: () => 'folder/../open/secret' },
  { name: 'of a folder of the system', path: () => 'root/usr/bin' },
  { name: 'with a zero byte', path: ({ secretFile }) => `x\0${secretFile}` },
  { name: 'with a zero byte at its end', path: ({ secretFile }) => `${secretFile}\0.txt` },
  { name: 'of the home', path: () => '~/.ssh/id_rsa' },
  { name: 'with a command in it', path: ({ secretFile }) => `$(cat ${secretFile})` },
  {
    name: 'with a command in backticks',
    path: ({ secretFile }) => `\`cat ${secretFile}\`; cat ${secretFile}`,
  },
  { name: 'with an option in it', path: () => '--files0-from=/etc/passwd' },
  { name: 'that is encoded', path: () => '%2e%2e/%2e%2e/etc/passwd' },
  { name: 'with backslashes', path: () => '..\\..\\etc\\passwd' },
  { name: 'of another kind of system', path: () => 'file:///etc/passwd' },
  { name: 'with half a character', path: () => 'x\ud800y' },
  { name: 'with lines', path: () => 'x\n../../etc/passwd' },
  { name: 'that is too long', path: () => 'x'.repeat(5_000) },
  { name: 'that is too deep', path: () => 'd/'.repeat(2_000) + 'x' },
  { name: 'that is empty', path: () => '' },
];

/** What is no name of a file of ours, nor of a sandbox. */
export const hostileNames: readonly string[] = [
  ...['', '.', '..', '../x', '../../etc/passwd', '/etc/passwd', 'a/b', './x', '.hidden', 'x/', 'x\0', '\0'],
  ...['a b', 'a\nb', '$(id)', '`id`', 'ü', '%2e%2e', '..\\x', '*', 'x'.repeat(300), '~', 'a:b', '\ud800'],
];
