import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createChunker } from '#server/search/chunk/chunker.ts';
import { candidateCount } from '#server/search/code-search.ts';
import { rank } from '#server/search/rank/rank.ts';
import { createEmbeddedStore } from '#server/search/stores/embedded/embedded-store.ts';
import type { Chunk, WorkspaceIndex } from '#server/search/types.ts';
import { median, percentile, type Benchmark, type Figure } from './support/figures.ts';
import { indexMemory } from './support/index-memory.ts';

/** Real code that is here: what the packages of this project ship. */
const pattern = 'node_modules/**/*.{ts,mts,js,mjs,cjs}';
const sizes = [15_000, 60_000];
const filesAtOnce = 64;
const updates = 60;
const questions = [
  'parse the headers of an HTTP request',
  'returns true if the value is a plain object',
  'close the connection and release everything that it holds',
  'convert a string to camel case',
  'how is a stream of events turned into messages',
  'find the longest common prefix of two paths',
  'retry a request after an error of the network',
  'create a schema that validates an array of numbers',
  'read a file and decode it as text',
  'compare two versions',
  'register a listener that is called once',
  'split a text into lines',
  'the token of an access that has expired is refreshed',
  'compute the hash of a buffer',
  'merge the options of a user with the defaults',
  'which errors can be thrown while a module is resolved',
  'escape characters of a regular expression',
  'remove duplicates from a list',
  'getter of the current time zone',
  'serialize an object with circular references',
];

interface Filled {
  chunks: number;
  bytes: number;
  seconds: number;
}

/** What an index costs, and what a search in it does; words as they are in a plain full-text table of the same chunks beside it. */
export const search: Benchmark = {
  name: 'search',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'crosspoint-bench-'));
    const store = createEmbeddedStore({ folder: join(folder, 'store') });
    const index = store.workspace('bench');
    const plain = plainTable(join(folder, 'plain.db'));
    const all = globSync(pattern).filter(isSource).sort();
    const paths = [...all];
    const figures: Figure[] = [];
    const filled: Filled = { chunks: 0, bytes: 0, seconds: 0 };
    try {
      for (const size of sizes) {
        await fill(index, plain, paths, size, filled);
        figures.push(...(await queryFigures(index, plain, filled.chunks, size)));
      }
      const speed = filled.bytes / 1e6 / filled.seconds;
      return {
        figures: [
          { name: 'index, without embeddings', value: speed, unit: 'MB/s', bar: 3, atLeast: true },
          ...figures,
          await updateFigure(index),
          ...(await indexMemory(folder, all.slice(0, all.length - paths.length))),
        ],
      };
    } finally {
      plain.close();
      await store.close();
      rmSync(folder, { recursive: true });
    }
  },
};

function isSource(path: string): boolean {
  if (/\.d\.[mc]?ts$|\.min\.|\/(?:test|tests|__tests__)\//.test(path)) return false;
  const found = statSync(path);
  return found.isFile() && found.size < 300_000;
}

/** Takes files off `paths` until there are so many chunks. Only cutting and writing are timed, not the table beside it. */
async function fill(
  index: WorkspaceIndex,
  plain: DatabaseSync,
  paths: string[],
  size: number,
  filled: Filled,
): Promise<void> {
  const chunker = createChunker();
  const insert = plain.prepare('insert into plain (rowid, body) values (?, ?)');
  try {
    let written: Promise<void> = Promise.resolve();
    while (filled.chunks < size && paths.length > 0) {
      const files = paths.splice(0, filesAtOnce).map((path) => ({ path, text: readFileSync(path, 'utf8') }));
      const start = performance.now();
      const cut = await Promise.all(
        files.map(async ({ path, text }) => ({ path, hash: '', chunks: await chunker.chunk(path, text) })),
      );
      await written;
      written = index.put(cut);
      filled.seconds += (performance.now() - start) / 1_000;
      for (const { text } of files) filled.bytes += Buffer.byteLength(text);
      for (const chunk of cut.flatMap(({ chunks }) => chunks)) insert.run(++filled.chunks, chunk.text);
    }
    const start = performance.now();
    await written;
    filled.seconds += (performance.now() - start) / 1_000;
  } finally {
    await chunker.close();
  }
}

async function queryFigures(
  index: WorkspaceIndex,
  plain: DatabaseSync,
  chunks: number,
  size: number,
): Promise<Figure[]> {
  const ours: number[] = [];
  const bare: number[] = [];
  const find = plain.prepare('select rowid from plain where plain match ? order by bm25(plain) limit 10');
  for (let round = 0; round < 4; round++)
    for (const text of questions) {
      let start = performance.now();
      rank(text, await index.candidates({ text, limit: candidateCount }), 10);
      if (round > 0) ours.push(performance.now() - start);
      start = performance.now();
      find.all(text.split(' ').join(' OR '));
      if (round > 0) bare.push(performance.now() - start);
    }
  const name = `query at ${chunks} chunks`;
  return [
    { name: `${name}, median`, value: median(ours), unit: 'ms' },
    {
      name: `${name}, 95th percentile`,
      value: percentile(ours, 0.95),
      unit: 'ms',
      bar: size > 20_000 ? 70 : 25,
    },
    { name: `${name}, against plain full text`, value: median(ours) / median(bare), unit: '×' },
  ];
}

/** One file of 30 functions, changed again and again, as an agent does it. */
async function updateFigure(index: WorkspaceIndex): Promise<Figure> {
  const times: number[] = [];
  for (let round = 0; round < updates; round++) {
    const chunks = Array.from({ length: 30 }, (_, number) => chunkOf(number, round));
    const start = performance.now();
    await index.put([{ path: 'src/changed.ts', hash: String(round), chunks }]);
    times.push(performance.now() - start);
  }
  const detail = `95th percentile ${percentile(times, 0.95).toFixed(1)} ms`;
  return {
    name: 'update of one file after its parse, median',
    value: median(times),
    unit: 'ms',
    bar: 10,
    detail,
  };
}

function chunkOf(number: number, round: number): Chunk {
  const signature = `function changed${number}(order: Order, round: number): number`;
  return {
    path: 'src/changed.ts',
    language: 'typescript',
    kind: 'function',
    symbol: `changed${number}`,
    parent: '',
    signature,
    startLine: number * 10 + 1,
    endLine: number * 10 + 9,
    text: `${signature} {\n  const price = priceOf(order, ${number}) * ${round};\n  return Math.max(price, order.least);\n}`,
  };
}

function plainTable(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec('pragma journal_mode = wal; pragma synchronous = off');
  database.exec("create virtual table plain using fts5 (body, content = '', tokenize = 'unicode61')");
  return database;
}
