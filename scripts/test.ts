import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBubblewrap } from './bubblewrap.ts';
import { ensurePage } from './build-page.ts';
import { runFiles, type Tally } from './test-files.ts';

/**
 * `npm test`: everything that needs no external service, and the browser's tests where a browser is. A path after `--`
 * runs only the files whose path contains it. The last line is `N passed, N failed, N skipped`.
 */
const wanted = process.argv.slice(2);
const isWanted = (path: string) => wanted.length === 0 || wanted.some((part) => path.includes(part));
const filesOf = (...patterns: string[]) => globSync(patterns).filter(isWanted).sort();

interface Suite {
  name: string;
  files: string[];
  /** Why it cannot run here; null when it can. */
  missing: string | null;
  run(files: string[]): Promise<Tally>;
}

const chromium = [process.env.CHROMIUM_PATH, '/usr/bin/chromium'].find((path) => path && existsSync(path));
const browserFiles = filesOf('tests/e2e/**/*.test.ts');

const suites: Suite[] = [
  {
    name: 'Node',
    files: filesOf('src/**/*.test.ts', 'tests/**/*.test.ts', 'scripts/**/*.test.ts').filter(
      (path) => !browserFiles.includes(path),
    ),
    missing: null,
    // Many tests start processes of their own: more than the cores would only make them wait for each other.
    async run(files) {
      // Servers that are started in tests would wait for it longer than they are waited for.
      if (files.some((path) => path.startsWith('tests/'))) await ensurePage();
      return runFiles(files, { concurrency: 2 });
    },
  },
  {
    name: 'checkpoint conformance (LangGraph)',
    files: filesOf('src/**/*.conformance.ts'),
    missing: null,
    run: () => Promise.resolve(runConformance()),
  },
  {
    name: 'browser',
    files: browserFiles,
    missing: chromium
      ? null
      : 'no Chromium: set CHROMIUM_PATH, or install /usr/bin/chromium (apt-get install chromium)',
    async run(files) {
      process.env.CHROMIUM_PATH = chromium;
      await ensurePage();
      return runFiles(files, { concurrency: 1 });
    },
  },
];

await ensureBubblewrap(process.env.CROSSPOINT_NO_INSTALL !== '1');
const total: Tally = { passed: 0, failed: 0, skipped: 0 };
for (const { name, files, missing, run } of suites) {
  if (files.length === 0) continue;
  console.log(`\n— ${name}${missing === null ? '' : `: skipped, ${missing}`}`);
  const tally = missing === null ? await run(files) : { passed: 0, failed: 0, skipped: files.length };
  total.passed += tally.passed;
  total.failed += tally.failed;
  total.skipped += tally.skipped;
}
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 ? 0 : 1);

/** Vitest's own runner: the suite is written for it. What it leaves out is said in vitest.config.ts. */
function runConformance(): Tally {
  const folder = mkdtempSync(join(tmpdir(), 'crosspoint-vitest-'));
  const outputFile = join(folder, 'result.json');
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=json', `--outputFile=${outputFile}`];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  try {
    if (!existsSync(outputFile)) throw new Error(`Vitest did not run:\n${stdout}\n${stderr}`);
    const result = JSON.parse(readFileSync(outputFile, 'utf8')) as VitestResult;
    for (const { assertionResults, message } of result.testResults) {
      if (message) console.log(message);
      for (const { fullName, status, failureMessages } of assertionResults)
        if (status === 'failed') console.log(`✖ ${fullName}\n${failureMessages.join('\n')}`);
    }
    console.log(`${result.numPassedTests} cases`);
    const failed = result.numFailedTests + (result.success || result.numFailedTests > 0 ? 0 : 1);
    return { passed: result.numPassedTests, failed, skipped: result.numPendingTests };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface VitestResult {
  success: boolean;
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  testResults: {
    message: string;
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
  }[];
}
