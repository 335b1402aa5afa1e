import type { Schemas } from '@qdrant/js-client-rest';
import type { QdrantConnection } from './connection.ts';
import { batches, type NewPoint } from './points.ts';

type Condition = Schemas['Condition'];

/** A query of one list. What it is filtered by is not for it to say. */
export type Search = Omit<Schemas['QueryRequest'], 'filter' | 'prefetch' | 'lookup_from'>;

/** Points of a page of {@link TenantPoints.pages}. */
const pageSize = 1_000;

/**
 * The points of one workspace in one collection, and the only code that reads, writes or deletes any: each request gets
 * the condition of its workspace here, so none can be built without it.
 */
export class TenantPoints {
  readonly #connection: QdrantConnection;
  readonly #collection: string;
  readonly #workspace: string;

  constructor(connection: QdrantConnection, collection: string, workspace: string) {
    this.#connection = connection;
    this.#collection = collection;
    this.#workspace = workspace;
  }

  /** In batches, a few at a time; over when all of them can be found. */
  async upsert(points: readonly NewPoint[]): Promise<void> {
    const own = points.map((point) => ({ ...point, payload: { ...point.payload, ws: this.#workspace } }));
    const sent = batches(own).map((group) => {
      const body = { collection_name: this.#collection, wait: true, points: group };
      return this.#connection.ask('write', (api, init) => api.upsertPoints(body, init));
    });
    await Promise.all(sent);
  }

  /** Those for which all conditions hold; without any, all. */
  async delete(...conditions: Condition[]): Promise<void> {
    const body = { collection_name: this.#collection, wait: true, filter: this.#filter(conditions) };
    await this.#connection.ask('write', (api, init) => api.deletePoints(body, init));
  }

  /** Several lists in one request. @param tenantFrequencies whether the server can weigh words within the filter */
  async query(
    searches: readonly Search[],
    conditions: Condition[],
    tenantFrequencies: boolean,
  ): Promise<Schemas['ScoredPoint'][][]> {
    const filter = this.#filter(conditions);
    const params = tenantFrequencies ? { idf: { corpus: filter } } : {};
    const body = {
      collection_name: this.#collection,
      searches: searches.map((search) => ({ ...search, filter, params: { ...params, ...search.params } })),
    };
    const answers = await this.#connection.ask('read', (api, init) => api.queryBatchPoints(body, init));
    return answers.map(({ points }) => points);
  }

  /** Payloads by id. */
  async payloads(ids: readonly string[]): Promise<unknown[]> {
    const body = { collection_name: this.#collection, ids: [...ids], with_payload: true, with_vector: false };
    const found = await this.#connection.ask('read', (api, init) => api.getPoints(body, init));
    return found.map(({ payload }) => payload).filter((payload) => payload?.ws === this.#workspace);
  }

  /** All payloads for which the conditions hold, page after page. */
  async *pages(...conditions: Condition[]): AsyncGenerator<unknown[]> {
    const filter = this.#filter(conditions);
    let offset: Schemas['ExtendedPointId'] | null = null;
    do {
      const page: Schemas['ScrollResult'] = await this.#page(filter, offset);
      yield page.points.map(({ payload }) => payload);
      offset = (page.next_page_offset ?? null) as Schemas['ExtendedPointId'] | null;
    } while (offset !== null);
  }

  #page(
    filter: Schemas['Filter'],
    offset: Schemas['ExtendedPointId'] | null,
  ): Promise<Schemas['ScrollResult']> {
    const from = offset === null ? {} : { offset };
    const body = { filter, limit: pageSize, with_payload: true, with_vector: false, ...from };
    return this.#connection.ask('write', (api, init) =>
      api.scrollPoints({ collection_name: this.#collection, ...body }, init),
    );
  }

  #filter(conditions: Condition[]): Schemas['Filter'] {
    return { must: [has('ws', this.#workspace), ...conditions] };
  }
}

export function has(key: string, value: string): Condition {
  return { key, match: { value } };
}

export function hasAny(key: string, values: readonly string[]): Condition {
  return { key, match: { any: [...values] } };
}
