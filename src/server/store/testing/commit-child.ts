import { writeSync } from 'node:fs';
import { openStore } from '../open-store.ts';
import { commitNumber } from './sample-rows.ts';

/**
 * Commits over and over and tells its parent the number of each commit, after the commit. The parent kills it at any time.
 * `node commit-child.ts <data directory>`
 */
const store = await openStore(process.argv[2] ?? '');
const first = (await store.messages.list('t')).length;
for (let number = first + 1; ; number += 1) {
  await commitNumber(store, number);
  writeSync(1, `${number}\n`);
}
