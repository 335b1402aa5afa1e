import { createHash } from 'node:crypto';
import type { Schemas } from '@qdrant/js-client-rest';
import { CrosspointError } from '#protocol/errors.ts';
import type { VectorSpace } from '../../types.ts';
import type { QdrantConnection } from './connection.ts';
import { unavailable, type QdrantFailure } from './failure.ts';

/** A collection that is there, and what its server can do. */
export interface OpenCollection {
  name: string;
  /** Since 1.19: the inverse frequency of a word is that within one workspace, not within all of them. */
  tenantFrequencies: boolean;
}

/** Of the points and their meaning. Another number is another collection: what an older version wrote stays as it is. */
const schemaVersion = 1;
export const collectionPrefix = `crosspoint_code_v${schemaVersion}_`;

/** `idf` of sparse vectors and the query API came with 1.10, tenants with 1.11. */
const oldest = [1, 11] as const;
const tenantFrequenciesSince = [1, 19] as const;
/** Names that are tried where somebody else's collection has ours. */
const mostNames = 9;

/** Every field that a filter names: strict servers refuse filters over fields without an index. */
const payloadIndexes: Record<string, Schemas['PayloadFieldSchema']> = {
  ws: { type: 'keyword', is_tenant: true },
  record: 'keyword',
  path: 'keyword',
  hash: 'keyword',
  lang: 'keyword',
  kind: 'keyword',
};

/** One collection for each model and size of vectors, and one without any: vectors of two models cannot be compared. */
export function collectionName(space: VectorSpace | null): string {
  if (!space) return `${collectionPrefix}words`;
  const readable = space.model
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, '_')
    .slice(0, 60);
  // Two models may look alike once they are shortened.
  const exact = createHash('sha256').update(space.model).digest('hex').slice(0, 8);
  return `${collectionPrefix}${readable}_${space.dimensions}_${exact}`;
}

/**
 * Finds the collection, or makes it with its indexes. One that has the name but another form is left alone, and the next
 * name is taken.
 * @throws CrosspointError `code_search_unavailable`
 */
export async function openCollection(
  connection: QdrantConnection,
  space: VectorSpace | null,
): Promise<OpenCollection> {
  const version = await readVersion(connection);
  const wanted = collectionName(space);
  for (let number = 1; number <= mostNames; number++) {
    const name = number === 1 ? wanted : `${wanted}_${number}`;
    const found = (await describe(connection, name)) ?? (await create(connection, name, space));
    if (!suits(found, space)) continue;
    await createIndexes(connection, name, found);
    return { name, tenantFrequencies: isAtLeast(version, tenantFrequenciesSince) };
  }
  throw unavailable({
    detail: `Its collections ${wanted} to ${wanted}_${mostNames} are not ours. Remove one, or use another server.`,
  });
}

/** Whether the server says that it has no such collection: somebody removed it, or it is another server. */
export function isMissing(cause: unknown): boolean {
  return statusOf(cause) === 404;
}

/** @throws CrosspointError `code_search_unavailable` for one that is too old, or no Qdrant */
export async function readVersion(connection: QdrantConnection): Promise<string> {
  const { version } = (await connection.askRaw('read', (api, init) => api.root({}, init))) as {
    version?: unknown;
  };
  if (typeof version !== 'string')
    throw unavailable({ detail: 'What answers at QDRANT_URL is no Qdrant. Check the address.' });
  if (isAtLeast(version, oldest)) return version;
  throw unavailable({ detail: `Version ${version} is too old. Use ${oldest.join('.')} or later.` });
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

async function describe(
  connection: QdrantConnection,
  name: string,
): Promise<Schemas['CollectionInfo'] | null> {
  try {
    return await connection.ask('read', (api, init) => api.getCollection({ collection_name: name }, init));
  } catch (cause) {
    if (isMissing(cause)) return null;
    throw cause;
  }
}

async function create(connection: QdrantConnection, name: string, space: VectorSpace | null) {
  try {
    await connection.ask('write', (api, init) =>
      api.createCollection({ collection_name: name, ...formOf(space) }, init),
    );
  } catch (cause) {
    // Another process made it at the same time; older servers say so by 400.
    if (![400, 409].includes(statusOf(cause) ?? 0) || !(await describe(connection, name))) throw cause;
  }
  return (await describe(connection, name)) as Schemas['CollectionInfo'];
}

/** The older names of where things are kept: every version takes them. */
function formOf(space: VectorSpace | null): Schemas['CreateCollection'] {
  const words = { sparse_vectors: { words: { modifier: 'idf' as const } }, on_disk_payload: true };
  if (!space) return words;
  return {
    ...words,
    vectors: { dense: { size: space.dimensions, distance: 'Cosine', on_disk: true } },
    // A graph for each workspace, none over all of them: every query is for one.
    hnsw_config: { m: 0, payload_m: 16 },
    quantization_config: { scalar: { type: 'int8', quantile: 0.99, always_ram: true } },
  };
}

function suits({ config }: Schemas['CollectionInfo'], space: VectorSpace | null): boolean {
  const { vectors, sparse_vectors: sparse } = config.params;
  if (sparse?.words?.modifier !== 'idf') return false;
  const named = (vectors ?? {}) as Partial<Record<string, Schemas['VectorParams']>>;
  if (!space) return Object.keys(named).length === 0;
  return named.dense?.size === space.dimensions && named.dense.distance === 'Cosine';
}

async function createIndexes(
  connection: QdrantConnection,
  name: string,
  { payload_schema: present }: Schemas['CollectionInfo'],
): Promise<void> {
  for (const [field, schema] of Object.entries(payloadIndexes)) {
    if (present[field]) continue;
    const body = { collection_name: name, wait: true, field_name: field, field_schema: schema };
    await connection.ask('write', (api, init) => api.createFieldIndex(body, init));
  }
}

function statusOf(cause: unknown): number | null {
  if (!(cause instanceof CrosspointError)) return null;
  return (cause.cause as QdrantFailure | undefined)?.status ?? null;
}
