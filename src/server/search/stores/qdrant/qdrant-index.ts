import type { Schemas } from '@qdrant/js-client-rest';
import { fuse, fusedFrom } from '../../fusion.ts';
import { queryTerms } from '../../terms/query.ts';
import type { Candidates, CodeQuery, EmbeddedFile, WorkspaceIndex } from '../../types.ts';
import { candidateOf, chunkPoints, fileId, filePoint, versionOf } from './points.ts';
import { rarityOf, rarityProbes } from './rarity.ts';
import { queryVector } from './sparse.ts';
import { has, hasAny, type Search, type TenantPoints } from './tenant-points.ts';

/** The points of a workspace, in a collection that is open. */
export interface OpenPoints {
  points: TenantPoints;
  /** Since 1.19: how rare a word is, is counted within the workspace. */
  tenantFrequencies: boolean;
  /** Files should come with vectors. */
  hasVectors: boolean;
}

type Within = <Result>(work: (open: OpenPoints) => Promise<Result>) => Promise<Result>;
type Hit = Schemas['ScoredPoint'];
type Version = Pick<EmbeddedFile, 'path' | 'hash'>;

/** Files of one request that is about files. */
const filesAtOnce = 128;
/** Chunks of versions that do not count any more may stand among the best until they are deleted. */
const spare = 20;
const mostRounds = 3;
const isChunk = has('record', 'chunk');
const isFile = has('record', 'file');

/** One workspace in Qdrant; `points.ts` says what is kept. One writer at a time. */
export class QdrantIndex implements WorkspaceIndex {
  readonly #workspace: string;
  readonly #within: Within;

  constructor(workspace: string, within: Within) {
    this.#workspace = workspace;
    this.#within = within;
  }

  /** The new chunks, then the files that say that they count, then away with the old ones. */
  async put(files: readonly EmbeddedFile[]): Promise<void> {
    await this.#within(async ({ points, hasVectors }) => {
      await points.upsert(files.flatMap((file) => chunkPoints(this.#workspace, file)));
      await points.upsert(files.map((file) => filePoint(this.#workspace, file, hasVectors)));
      for (const some of inGroups(files, filesAtOnce)) await points.delete(isChunk, isOtherVersion(some));
    });
  }

  async removeFiles(paths: readonly string[]): Promise<void> {
    await this.#within(async ({ points }) => {
      for (const some of inGroups(paths, filesAtOnce)) {
        // First what makes their chunks count.
        await points.delete(isFile, hasAny('path', some));
        await points.delete(isChunk, hasAny('path', some));
      }
    });
  }

  /** What a crash left of older versions could fill the whole list: then it is asked for again without them. */
  async candidates(query: CodeQuery): Promise<Candidates> {
    return this.#within(async (open) => {
      const left: Version[] = [];
      for (let round = 1; ; round++) {
        const { lists, rarity } = await search(open, query, left);
        const hits = query.vector ? fusedHits(lists) : lists.flat();
        const { current, stale } = await this.#sorted(open.points, hits);
        if (!stale.length || current.length >= query.limit || round === mostRounds) {
          const found = current.slice(0, query.limit);
          return { found: found.map(({ payload, score }) => candidateOf(payload, score)), rarity };
        }
        left.push(...stale);
      }
    });
  }

  /** A file that lacks its vectors has the hash of none, so that it is put again. */
  async files(): Promise<Map<string, string>> {
    return this.#within(async ({ points }) => {
      const found = new Map<string, string>();
      for await (const page of points.pages(isFile)) {
        for (const { path, hash, bare } of page.map(versionOf)) found.set(path, bare ? '' : hash);
      }
      return found;
    });
  }

  /** Chunks of the version of their file that counts, and the versions of the others. */
  async #sorted(
    points: TenantPoints,
    hits: readonly Hit[],
  ): Promise<{ current: readonly Hit[]; stale: Version[] }> {
    const paths = [...new Set(hits.map(({ payload }) => versionOf(payload).path))];
    if (!paths.length) return { current: [], stale: [] };
    const files = await points.payloads(paths.map((path) => fileId(this.#workspace, path)));
    const hashes = new Map(files.map(versionOf).map(({ path, hash }) => [path, hash]));
    const { true: current = [], false: others = [] } = Object.groupBy(hits, ({ payload }) => {
      const { path, hash } = versionOf(payload);
      return hashes.get(path) === hash ? 'true' : 'false';
    });
    const stale = new Map(
      others.map(({ payload }) => versionOf(payload)).map((each) => [`${each.hash} ${each.path}`, each]),
    );
    return { current, stale: [...stale.values()] };
  }
}

/** The best by words and, where there is a vector, by meaning: in one request, with how rare each word is. */
async function search(
  { points, tenantFrequencies }: OpenPoints,
  { text, limit, vector }: CodeQuery,
  left: readonly Version[],
): Promise<{ lists: Hit[][]; rarity: Map<string, number> }> {
  const most = { with_payload: true, limit: (vector ? fusedFrom : limit) + spare };
  const terms = queryTerms(text);
  const lists: Search[] = [];
  if (terms.length) lists.push({ ...most, query: queryVector(terms), using: 'words' });
  if (vector) lists.push({ ...most, ...byMeaning, query: [...vector] });
  if (!lists.length) return { lists: [], rarity: new Map() };
  const conditions = left.length ? [isChunk, isNoneOf(left)] : [isChunk];
  const answers = await points.query([...lists, ...rarityProbes(terms)], conditions, tenantFrequencies);
  const best = answers.slice(lists.length).map(([first]) => first);
  return { lists: answers.slice(0, lists.length), rarity: rarityOf(terms, best) };
}

/** Twice as many by the small vectors, whose order is then made right by the whole ones. */
const byMeaning = { using: 'dense', params: { quantization: { rescore: true, oversampling: 2 } } } as const;

function fusedHits(lists: readonly Hit[][]): Hit[] {
  return fuse(lists, ({ id }) => id).map(({ item, score }) => ({ ...item, score }));
}

/** Chunks of these files, of any other version than the given one. */
function isOtherVersion(files: readonly EmbeddedFile[]): Schemas['Filter'] {
  return {
    should: files.map(({ path, hash }) => ({ must: [has('path', path)], must_not: [has('hash', hash)] })),
  };
}

function isNoneOf(versions: readonly Version[]): Schemas['Filter'] {
  return { must_not: versions.map(({ path, hash }) => ({ must: [has('path', path), has('hash', hash)] })) };
}

function* inGroups<Item>(items: readonly Item[], size: number): Generator<Item[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
