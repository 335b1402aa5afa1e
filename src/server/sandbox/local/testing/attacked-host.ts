import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { CrosspointError } from '#protocol/errors.ts';
import type { Sandbox } from '../../sandbox.ts';
import type { LocalSandboxes } from '../local-sandboxes.ts';
import type { Targets } from './attacks.ts';
import { localFixture } from './fixture.ts';

/** A host with what the attacks are after, and the sandbox that they come from. */
export interface AttackedHost extends AsyncDisposable {
  provider: LocalSandboxes;
  targets: Targets;
  sandbox: Sandbox;
  neighbour: Sandbox;
}

export async function attackedHost(): Promise<AttackedHost> {
  const canary = `canary${randomBytes(12).toString('hex')}`;
  process.env['CROSSPOINT_CANARY'] = canary;
  const fixture = await localFixture();
  const { provider, dataDir } = fixture;
  const open = join(dataDir, 'open');
  await chmod(dataDir, 0o755);
  await mkdir(open);
  await writeFile(join(open, 'secret'), canary, { mode: 0o644 });
  const servers = await listen(open, canary);
  const sandbox = await provider.open('attacker');
  const neighbour = await provider.open('neighbour');
  await neighbour.files.write('secret', Buffer.from(canary));
  const external = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const targets = {
    canary,
    secretFile: join(open, 'secret'),
    dataDir,
    neighbour: join(dataDir, 'sandboxes/neighbour/workspace'),
    pid: process.pid,
    port: servers.port,
    address: external.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.2',
    socketPath: join(open, 'socket'),
    abstractSocket: `crosspoint-${canary}`,
  };
  return {
    ...{ provider, targets, sandbox, neighbour },
    async [Symbol.asyncDispose]() {
      servers.close();
      await fixture[Symbol.asyncDispose]();
      delete process.env['CROSSPOINT_CANARY'];
    },
  };
}

/** Servers of the host that say so to whoever reaches them. */
async function listen(folder: string, canary: string): Promise<{ port: number; close: () => void }> {
  const server = () => createServer((socket) => socket.end('BREACH'));
  const [tcp, path, abstract] = [server(), server(), server()];
  await once(tcp.listen(0, '0.0.0.0'), 'listening');
  await once(path.listen(join(folder, 'socket')), 'listening');
  await once(abstract.listen(`\0crosspoint-${canary}`), 'listening');
  await chmod(join(folder, 'socket'), 0o666);
  const close = () => [tcp, path, abstract].forEach((each) => each.close());
  return { port: (tcp.address() as AddressInfo).port, close };
}

/** A refusal of a file request that says nothing of the host. */
export function isFileError(cause: unknown): boolean {
  return (
    cause instanceof CrosspointError &&
    ['file_not_found', 'not_a_file', 'bad_request', 'disk_full', 'path_outside_workspace'].includes(
      cause.code,
    )
  );
}
