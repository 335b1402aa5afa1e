import type { CodeStore, VectorSpace, WorkspaceIndex } from '../../types.ts';
import {
  collectionPrefix,
  isMissing,
  openCollection,
  readVersion,
  type OpenCollection,
} from './collection.ts';
import { QdrantConnection, type QdrantOptions } from './connection.ts';
import { QdrantIndex, type OpenPoints } from './qdrant-index.ts';
import { TenantPoints } from './tenant-points.ts';

export interface QdrantStoreOptions extends QdrantOptions {
  /** Of the vectors that files come with; null: words alone. */
  space: VectorSpace | null;
}

/**
 * Chunks in a Qdrant that people run themselves. Nothing is asked before it is needed: a server that was down when this
 * one started is used as soon as it is there.
 */
export class QdrantStore implements CodeStore {
  readonly name = 'qdrant';
  readonly #connection: QdrantConnection;
  readonly #space: VectorSpace | null;
  #opening: Promise<OpenCollection> | null = null;

  /** @throws TypeError for an address that is none */
  constructor({ space, ...options }: QdrantStoreOptions) {
    this.#connection = new QdrantConnection(options);
    this.#space = space;
  }

  workspace(id: string): WorkspaceIndex {
    return new QdrantIndex(id, (work) => this.#within(id, work));
  }

  /** Also from the collections of other models, which it may have been in before. */
  async removeWorkspace(id: string): Promise<void> {
    const { collections } = await this.#connection.ask('write', (api, init) => api.getCollections({}, init));
    for (const { name } of collections.filter((each) => each.name.startsWith(collectionPrefix)))
      await this.#removeFrom(name, id);
  }

  /**
   * Of the server, which takes the key. Makes nothing there.
   * @throws CrosspointError `code_search_unavailable`
   */
  async version(): Promise<string> {
    const version = await readVersion(this.#connection);
    // The version is given to everybody.
    await this.#connection.ask('read', (api, init) => api.getCollections({}, init));
    return version;
  }

  close(): Promise<void> {
    this.#connection.close();
    return Promise.resolve();
  }

  async #removeFrom(collection: string, workspace: string): Promise<void> {
    try {
      await new TenantPoints(this.#connection, collection, workspace).delete();
    } catch (cause) {
      // Removed meanwhile, with all that was in it.
      if (!isMissing(cause)) throw cause;
    }
  }

  /**
   * In the collection. One that was removed while this runs is told by the failure, since whoever believes it full must
   * know; it is made anew for the next call.
   */
  async #within<Result>(workspace: string, work: (open: OpenPoints) => Promise<Result>): Promise<Result> {
    const opening = this.#open();
    const { name, tenantFrequencies } = await opening;
    const points = new TenantPoints(this.#connection, name, workspace);
    try {
      return await work({ points, tenantFrequencies, hasVectors: this.#space !== null });
    } catch (cause) {
      if (isMissing(cause) && this.#opening === opening) this.#opening = null;
      throw cause;
    }
  }

  #open(): Promise<OpenCollection> {
    if (this.#opening) return this.#opening;
    const opening = openCollection(this.#connection, this.#space);
    this.#opening = opening;
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = null;
    });
    return opening;
  }
}
