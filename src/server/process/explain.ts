import { ConfigError } from '#server/config.ts';
import { StartError } from './start-error.ts';

/** Ends the process: with one sentence for what a person can mend, with everything for a fault of ours. */
export function explainAndExit(cause: unknown): never {
  const known = cause instanceof ConfigError || cause instanceof StartError;
  process.stderr.write(known ? `${cause.message}\n` : `${(cause as Error)?.stack ?? String(cause)}\n`);
  process.exit(1);
}
