import type { CodeStore, VectorSpace, WorkspaceIndex } from '../../types.ts';
import { collectionPrefix, isMissing, openCollection, type OpenCollection } from './collection.ts';
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
      await new TenantPoints(this.#connection, name, id).delete();
  }

  close(): Promise<void> {
    this.#connection.close();
    return Promise.resolve();
  }

  /** In the collection. It is looked for anew when it is gone: then the index is empty, and filled again. */
  async #within<Result>(workspace: string, work: (open: OpenPoints) => Promise<Result>): Promise<Result> {
    const opening = this.#open();
    const collection = await opening;
    try {
      return await work(this.#pointsIn(collection, workspace));
    } catch (cause) {
      if (!isMissing(cause)) throw cause;
      if (this.#opening === opening) this.#opening = null;
      return work(this.#pointsIn(await this.#open(), workspace));
    }
  }

  #pointsIn({ name, tenantFrequencies }: OpenCollection, workspace: string): OpenPoints {
    return { points: new TenantPoints(this.#connection, name, workspace), tenantFrequencies };
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
