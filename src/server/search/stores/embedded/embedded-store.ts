import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { CrosspointError } from '#protocol/errors.ts';
import type { CodeStore, VectorSpace, WorkspaceIndex } from '../../types.ts';
import { StoreThread } from './store-thread.ts';

export interface EmbeddedStoreOptions {
  /** Holds one file for each workspace, and nothing else; it is made when something is put. */
  folder: string;
  /** The model of the vectors; absent: none are kept. */
  space?: VectorSpace | null;
}

/**
 * The store that needs nothing: one SQLite file for each workspace, so that no query can see another one and a workspace is
 * removed by removing its file. All of SQLite happens in a thread, which ends when it has nothing to do.
 * @throws CrosspointError `code_search_unavailable` from every method when the folder cannot be used
 */
export function createEmbeddedStore({ folder, space = null }: EmbeddedStoreOptions): CodeStore {
  const thread = new StoreThread(space === null ? '' : `${space.model}:${space.dimensions}`);
  const ask: StoreThread['ask'] = async (...request) => {
    try {
      return await thread.ask(...request);
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : String(cause);
      throw new CrosspointError(
        'code_search_unavailable',
        { store: 'The index of the code', detail },
        { cause },
      );
    }
  };
  return {
    name: 'embedded',
    workspace(id): WorkspaceIndex {
      const file = fileOf(folder, id);
      return {
        put: (files) => ask('put', file, { files }),
        removeFiles: (paths) => ask('removeFiles', file, { paths }),
        candidates: (query) => ask('candidates', file, { query }),
        files: () => ask('files', file, {}),
      };
    },
    removeWorkspace: (id) => ask('removeWorkspace', fileOf(folder, id), {}),
    close: () => thread.end(),
  };
}

/** An id may be any text; its hash is a name that every file system takes. */
function fileOf(folder: string, workspace: string): string {
  return join(folder, `${createHash('sha256').update(workspace).digest('hex').slice(0, 32)}.db`);
}
