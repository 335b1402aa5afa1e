import * as v from 'valibot';
import { CrosspointError } from '#protocol/errors.ts';
import type { SandboxScratch } from '../sandbox.ts';
import type { Pod } from './pod.ts';
import { askPod } from './pod-files.ts';
import { podPaths } from './system-root.ts';

/** Bytes of one request. */
const sliceBytes = 4_194_304;
const sizeSchema = v.object({ size: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(sliceBytes)) });

/** Our own files in the home of the pod; commands see them too, so they are no place for a secret. */
export function podScratch(
  inPod: <Result>(use: (pod: Pod) => Promise<Result>) => Promise<Result>,
): SandboxScratch {
  const root = 'scratch';
  return {
    folder: `${podPaths.home}/.crosspoint`,
    async *read(name) {
      const path = segment(name);
      for (let offset = 0; ;) {
        const request = { op: 'read', path, maxBytes: sliceBytes, root, offset } as const;
        const parse = (answer: unknown, bytes: Buffer) => ({ ...v.parse(sizeSchema, answer), bytes });
        const { bytes } = await inPod((pod) => askPod(pod, { path, request, limit: sliceBytes, parse }));
        if (bytes.length) yield bytes;
        if (bytes.length < sliceBytes) return;
        offset += bytes.length;
      }
    },
    async write(name, body) {
      const path = segment(name);
      const request = { op: 'write', path, root } as const;
      await inPod((pod) => askPod(pod, { path, request, limit: 0, body, parse: () => undefined }));
    },
    async remove(name) {
      const path = segment(name);
      const request = { op: 'remove', path, root } as const;
      try {
        await inPod((pod) => askPod(pod, { path, request, limit: 0, parse: () => undefined }));
      } catch (cause) {
        if (!(cause instanceof CrosspointError) || cause.code !== 'file_not_found') throw cause;
      }
    },
  };
}

/** @throws `path_outside_workspace` */
function segment(name: string): string {
  if (/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/.test(name)) return name;
  throw new CrosspointError('path_outside_workspace', { path: name.slice(0, 200) });
}
