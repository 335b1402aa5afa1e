import { relative } from 'node:path';
import { run } from 'node:test';
import { inspect } from 'node:util';

export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** Milliseconds for one file; a test that hangs must not take the suite with it. */
const timeout = 300_000;

/** Runs files, each in a process of its own; prints one line for each, and everything about a failure. */
export async function runFiles(files: string[], { concurrency }: { concurrency: number }): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  let skippedGroups = 0;
  for await (const event of run({ files, concurrency, timeout })) {
    if (event.type === 'test:stderr') process.stderr.write(event.data.message);
    if (event.type === 'test:summary') summarise(event.data, tally);
    if (event.type === 'test:pass' && event.data.skip !== undefined) {
      console.log(`- skipped: ${event.data.name}${reasonOf(event.data.skip)}`);
      // Node counts skipped tests, and takes a skipped group of them for nothing.
      if (event.data.details.type === 'suite') skippedGroups += 1;
    }
    if (event.type === 'test:fail' && isOwn(event.data.details.error)) {
      console.log(`✖ ${pathOf(event.data.file)}: ${event.data.name}`);
      console.log(inspect(event.data.details.error.cause ?? event.data.details.error, { depth: 6 }));
    }
  }
  return { ...tally, skipped: tally.skipped + skippedGroups };
}

interface Summary {
  file: string | undefined;
  counts: { passed: number; cancelled: number; skipped: number; tests: number };
  success: boolean;
  duration_ms: number;
}

/** The summary without a file is that of all of them. */
function summarise({ file, counts, success, duration_ms: duration }: Summary, tally: Tally): void {
  const failed = counts.tests - counts.passed - counts.skipped;
  if (file !== undefined) {
    const mark = success ? '✔' : '✖';
    console.log(`${mark} ${pathOf(file)} (${counts.tests} tests, ${(duration / 1_000).toFixed(1)} s)`);
    return;
  }
  tally.passed = counts.passed;
  tally.skipped = counts.skipped;
  tally.failed = success ? failed : Math.max(failed, 1);
}

/** A parent fails because of its children: they have said why. */
function isOwn(error: Error & { failureType?: string }): boolean {
  return error.failureType !== 'subtestsFailed';
}

function pathOf(file: string | undefined): string {
  return file === undefined ? '' : relative(process.cwd(), file);
}

function reasonOf(skip: string | boolean): string {
  return typeof skip === 'string' ? ` (${skip})` : '';
}
