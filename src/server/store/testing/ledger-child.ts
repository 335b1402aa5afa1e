import { openStore } from '../open-store.ts';
import { attempt, settled } from './ledger-rows.ts';

/** Reserves two attempts, settles the first, says so, and waits to be killed. */
const store = await openStore(process.argv[2] as string);
await store.ledger.reserve(attempt('first'));
await store.ledger.reserve(attempt('second'));
await store.ledger.settle('first', settled);
process.stdout.write('written\n');
setInterval(() => undefined, 1_000);
