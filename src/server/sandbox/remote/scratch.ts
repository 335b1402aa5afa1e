import { randomBytes } from 'node:crypto';
import { CrosspointError } from '#protocol/errors.ts';
import type { SandboxScratch } from '../sandbox.ts';
import { isFile, ownCommand } from './files.ts';
import type { OnMachine } from './files.ts';
import type { RemoteFolders, RemoteMachine } from './machine.ts';
import { quote } from './quote.ts';

/** @param once like `onMachine`, for what cannot be repeated: bytes that were streamed are gone */
export function remoteScratch(folders: RemoteFolders, onMachine: OnMachine, once: OnMachine): SandboxScratch {
  const place = (name: string) => {
    if (!/^[^/\0]{1,200}$/.test(name) || name === '.' || name === '..')
      throw new CrosspointError('path_outside_workspace', { path: name.slice(0, 200) });
    return `${folders.scratch}/${name}`;
  };
  return {
    folder: folders.scratch,
    async *read(name) {
      const path = place(name);
      const found = await onMachine(async (machine) => ((await isFile(machine, path)) ? machine : null));
      if (!found) throw new CrosspointError('file_not_found', { path: name });
      const pieces = found.download(path)[Symbol.asyncIterator]();
      for (;;) {
        const { done, value } = await once(() => pieces.next());
        if (done) return;
        yield value;
      }
    },
    async write(name, bytes) {
      const path = place(name);
      const part = `${folders.scratch}/part-${randomBytes(12).toString('hex')}`;
      const write = async (machine: RemoteMachine) => {
        await machine.upload(part, bytes);
        await ownCommand(machine, `mv -fT -- ${quote(part)} ${quote(path)}`);
      };
      await (bytes instanceof Uint8Array ? onMachine(write) : once(write));
    },
    async remove(name) {
      const path = place(name);
      await onMachine((machine) => ownCommand(machine, `rm -rf -- ${quote(path)}`));
    },
  };
}
