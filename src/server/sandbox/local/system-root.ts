import { lstatSync, readlinkSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The pod's own names for things. */
export const podPaths = {
  home: '/home/user',
  program: '/opt/crosspoint/pod',
  bin: '/opt/crosspoint/bin',
  npm: '/opt/crosspoint/npm',
  control: '/run/crosspoint',
} as const;

/** Of /etc only what programs need and everybody may read: no accounts, no keys, no configuration of the host. */
const sharedConfiguration = [
  '/etc/alternatives',
  '/etc/ca-certificates',
  '/etc/fonts',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/localtime',
  '/etc/mime.types',
  '/etc/pki/ca-trust/extracted',
  '/etc/pki/tls/cert.pem',
  '/etc/pki/tls/certs',
  '/etc/protocols',
  '/etc/services',
  '/etc/ssl/cert.pem',
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
];

/** Files of the pod's /etc that are ours. The identity lets `git commit` work; a repository's own setting wins. */
const ownConfiguration: Record<string, string> = {
  passwd: 'root:x:0:0:root:/nonexistent:/usr/sbin/nologin\nuser:x:1000:1000:user:/home/user:/bin/bash\n',
  group: 'root:x:0:\nuser:x:1000:\n',
  hosts: '127.0.0.1 localhost sandbox\n::1 localhost\n',
  hostname: 'sandbox\n',
  'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
  gitconfig:
    '[user]\n\tname = Crosspoint\n\temail = crosspoint@localhost\n[init]\n\tdefaultBranch = main\n[safe]\n\tdirectory = /workspace\n',
};

/** Writes our files of /etc into a folder, once for each start of the app. */
export async function writeConfiguration(folder: string): Promise<void> {
  for (const [name, content] of Object.entries(ownConfiguration)) {
    await writeFile(join(folder, name), content);
    await chmod(join(folder, name), 0o644);
  }
}

/** `--ro-bind` of our files from `folder`. */
export function configurationArguments(folder: string): string[] {
  const own = Object.keys(ownConfiguration).flatMap((name) => [
    '--ro-bind',
    join(folder, name),
    `/etc/${name}`,
  ]);
  return [...sharedConfiguration.flatMap((path) => ['--ro-bind-try', path, path]), ...own];
}

/** The system's programs, read-only. Old distributions have folders where newer ones have links into /usr. */
export function systemArguments(): string[] {
  const folders = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];
  return [
    '--ro-bind',
    '/usr',
    '/usr',
    ...folders.flatMap(linkOrBind),
    '--ro-bind-try',
    '/nix/store',
    '/nix/store',
  ];
}

function linkOrBind(path: string): string[] {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (!status) return [];
  return status.isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path];
}
