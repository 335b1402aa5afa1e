import { runWithRuntime } from './runtime.js';

/** `node scripts/with-runtime.js <program> …`: runs a program, TypeScript or not, on Node 24 or later. */
runWithRuntime(process.argv.slice(2));
