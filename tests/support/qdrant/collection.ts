import type { CollectionForm, Condition, Filter, NewPoint, Search, Sparse } from './forms.ts';
import { refuse } from './refusal.ts';

type Payload = Record<string, unknown>;

/** One collection, held in memory. What it finds is exact: no graph, no quantisation. */
export class Collection {
  readonly form: CollectionForm;
  readonly indexes = new Map<string, unknown>();
  readonly points = new Map<string | number, NewPoint>();

  constructor(form: CollectionForm) {
    this.form = form;
  }

  info() {
    const { vectors = {}, sparse_vectors, on_disk_payload } = this.form;
    const schema = [...this.indexes].map(([field]) => [
      field,
      { data_type: 'keyword', points: this.points.size },
    ]);
    return {
      status: 'green',
      optimizer_status: 'ok',
      points_count: this.points.size,
      segments_count: 1,
      config: { params: { vectors, sparse_vectors, on_disk_payload } },
      payload_schema: Object.fromEntries(schema) as object,
    };
  }

  upsert(points: readonly NewPoint[]): void {
    for (const { vector } of points)
      for (const [name, value] of Object.entries(vector)) this.#assertVector(name, value);
    for (const point of points) this.points.set(point.id, point);
  }

  /** @param filter checked as strict servers do: each of its fields has an index */
  matching(filter: Filter | undefined): NewPoint[] {
    if (filter) this.#assertIndexed(filter);
    return [...this.points.values()].filter(({ payload }) => !filter || matches(filter, payload));
  }

  query(search: Search) {
    this.#assertVector(search.using, search.query);
    const all = this.matching(search.filter);
    const score = Array.isArray(search.query) ? cosine(search.query) : this.#sparse(search, search.query);
    const scored = all.flatMap((point) => {
      const found = score(point.vector[search.using]);
      return found === null ? [] : [{ point, score: found }];
    });
    scored.sort((one, other) => other.score - one.score);
    return scored.slice(0, search.limit).map(({ point, score: found }) => ({
      id: point.id,
      version: 0,
      score: found,
      ...(search.with_payload ? { payload: point.payload } : {}),
      ...(search.with_vector ? { vector: chosen(point.vector, search.with_vector) } : {}),
    }));
  }

  /** Sum of products, each word weighted by how rare it is: in the corpus where one is named, else in the collection. */
  #sparse({ using, params }: Search, query: Sparse) {
    const corpus = this.matching(params?.idf?.corpus)
      .map(({ vector }) => vector[using] as Sparse | undefined)
      .filter((vector) => vector !== undefined);
    const rarity = new Map(
      query.indices.map((index) => {
        const frequency = corpus.filter(({ indices }) => indices.includes(index)).length;
        return [index, Math.log(1 + (corpus.length - frequency + 0.5) / (frequency + 0.5))];
      }),
    );
    return (vector: NewPoint['vector'][string] | undefined) => {
      const { indices, values } = (vector ?? { indices: [], values: [] }) as Sparse;
      let [sum, met] = [0, false];
      for (const [position, index] of query.indices.entries()) {
        const at = indices.indexOf(index);
        if (at < 0) continue;
        met = true;
        sum += (query.values[position] as number) * (rarity.get(index) as number) * (values[at] as number);
      }
      return met ? sum : null;
    };
  }

  #assertVector(name: string, value: number[] | Sparse): void {
    const { vectors = {}, sparse_vectors: sparse = {} } = this.form;
    if (!Array.isArray(value)) {
      if (!sparse[name]) refuse(`Wrong input: Not existing vector name error: ${name}`);
      return;
    }
    const known = vectors[name] ?? refuse(`Wrong input: Not existing vector name error: ${name}`);
    if (known.size !== value.length)
      refuse(`Wrong input: Vector dimension error: expected dim: ${known.size}, got ${value.length}`);
  }

  #assertIndexed(filter: Filter): void {
    for (const condition of conditionsOf(filter)) {
      if (!('key' in condition)) this.#assertIndexed(condition);
      else if (!this.indexes.has(condition.key))
        refuse(`Bad request: Index required but not found for "${condition.key}" of type keyword.`, 403);
    }
  }
}

function conditionsOf({ must = [], should = [], must_not: mustNot = [] }: Filter): Condition[] {
  return [...must, ...should, ...mustNot];
}

function matches({ must = [], should = [], must_not: mustNot = [] }: Filter, payload: Payload): boolean {
  return (
    must.every((each) => holds(each, payload)) &&
    (!should.length || should.some((each) => holds(each, payload))) &&
    !mustNot.some((each) => holds(each, payload))
  );
}

function holds(condition: Condition, payload: Payload): boolean {
  if (!('key' in condition)) return matches(condition, payload);
  const value = payload[condition.key];
  const { match } = condition;
  return 'any' in match ? match.any.includes(value as string) : match.value === value;
}

function cosine(query: readonly number[]) {
  return (vector: NewPoint['vector'][string] | undefined) => {
    if (!Array.isArray(vector)) return null;
    const product = query.reduce((sum, value, at) => sum + value * (vector[at] as number), 0);
    return product / (Math.hypot(...query) * Math.hypot(...vector) || 1);
  };
}

function chosen(vector: NewPoint['vector'], names: boolean | string[]): NewPoint['vector'] {
  if (!Array.isArray(names)) return vector;
  return Object.fromEntries(Object.entries(vector).filter(([name]) => names.includes(name)));
}
