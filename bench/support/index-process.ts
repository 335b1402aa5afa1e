import { enableCompileCache } from 'node:module';
import { loadFrugally } from '#server/process/young-generation.ts';

/**
 * Indexes a workspace as the server does it: the local sandbox, the indexer, the cutting thread and the embedded store, and nothing
 * of a benchmark in the same process. Prints what it took as JSON.
 */
const [dataDir = '', sandboxId = ''] = process.argv.slice(2);
/** Milliseconds for what starts in the background, then what is idle. */
const settleMs = 1_000;
/** Milliseconds after which both threads have ended. */
const afterwardsMs = 65_000;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** Megabytes of this process, resident. */
const resident = () => process.memoryUsage.rss() / 1e6;

// As `npm start` does.
enableCompileCache(`${import.meta.dirname}/../../node_modules/.cache/crosspoint/bench`);

const [
  { createLocalSandboxes },
  { createChunker },
  { WorkspaceIndexer },
  { createEmbeddedStore },
  { rank },
  { candidateCount },
] = await loadFrugally(() =>
  Promise.all([
    import('#server/sandbox/local/local-sandboxes.ts'),
    import('#server/search/chunk/chunker.ts'),
    import('#server/search/indexer/workspace-indexer.ts'),
    import('#server/search/stores/embedded/embedded-store.ts'),
    import('#server/search/rank/rank.ts'),
    import('#server/search/code-search.ts'),
  ]),
);
const sandboxes = createLocalSandboxes({ dataDir });
const sandbox = await sandboxes.open(sandboxId);
const store = createEmbeddedStore({ folder: `${dataDir}/search` });
const index = store.workspace(sandboxId);
const chunker = createChunker();
let chunks = 0;
const indexer = new WorkspaceIndexer({
  index,
  chunk: async (path, text) => {
    const cut = await chunker.chunk(path, text);
    chunks += cut.length;
    return cut;
  },
  embed: (files) => Promise.resolve(files),
});

await pause(settleMs);
const idle = resident();
const start = performance.now();
await indexer.sync(sandbox, { signal: new AbortController().signal });
const seconds = (performance.now() - start) / 1_000;
// The kernel's own high-water mark: no peak is too short for it.
const peak = (process.resourceUsage().maxRSS * 1_024) / 1e6;
for (const text of ['parse the headers of a request', 'split a text into lines', 'compare two versions'])
  rank(text, await index.candidates({ text, limit: candidateCount }), 10);
const searched = resident();
await pause(afterwardsMs);
const left = resident();
console.log(
  JSON.stringify({ chunks, seconds, idle, peak: peak - idle, searched: searched - idle, left: left - idle }),
);
await chunker.close();
await store.close();
await sandboxes.close();
