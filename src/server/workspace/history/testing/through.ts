import type { Sandbox, SandboxScratch } from '#server/sandbox/sandbox.ts';

/** What happens on the way to the real sandbox and back. */
interface Ways {
  command?: (command: string) => string;
  /** Of what is read from scratch. */
  piece?: (piece: Uint8Array) => Uint8Array;
  /** Called before each file that is written into scratch. */
  beforeWrite?: (name: string) => void;
}

/** The real sandbox, behind a connection that something happens on. */
export function through(sandbox: Sandbox, { command, piece, beforeWrite }: Ways): Sandbox {
  const { scratch } = sandbox;
  const changed: SandboxScratch = {
    folder: scratch.folder,
    async *read(name) {
      for await (const each of scratch.read(name)) yield piece ? piece(each) : each;
    },
    async write(name, bytes) {
      beforeWrite?.(name);
      await scratch.write(name, bytes);
    },
    remove: (name) => scratch.remove(name),
  };
  const exec: Sandbox['exec'] = (text, options) => sandbox.exec(command ? command(text) : text, options);
  const calls: Record<PropertyKey, unknown> = { scratch: changed, exec };
  return new Proxy(sandbox, {
    get(target, key) {
      const value = key in calls ? calls[key] : Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
