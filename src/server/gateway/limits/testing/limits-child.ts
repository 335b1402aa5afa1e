import { writeSync } from 'node:fs';
import { aCall, aCaller, noLimits, someOptions } from '../../testing/limited-call.ts';
import { readPolicy } from '../../v1/rate-limit-policy.ts';
import { createAdmissions } from '../admissions.ts';
import { openLimitStore } from '../sqlite-limit-store.ts';

/**
 * Uses up a policy and holds money for calls that never end, says so, and stays until its parent kills it.
 * `node limits-child.ts <file> <policy>`
 */
const [path = '', policy = ''] = process.argv.slice(2);
const store = openLimitStore({ path });
const desk = createAdmissions({ store, settings: () => noLimits });
const rateLimit = readPolicy(policy);
const caller = aCaller({ budget: { usd: 100, period: 'total' } });
for (let n = 0; n < rateLimit.quota; n++)
  await desk.admit(caller, someOptions({ rateLimit }), aCall(1, 2), new AbortController().signal);
writeSync(1, 'all taken\n');
setInterval(() => undefined, 1_000);
