import { pino, type Logger } from 'pino';
import type { Config } from '#server/config.ts';

/**
 * The log, on standard error: one line of JSON each, never a body. One filter over every line takes out the exact values
 * of all secrets that this process knows, whatever they came in with: an error of a library, a URL, a stack.
 */
export function createLogger(config: Config): Logger {
  const scrub = createScrubber(secretsOf(config));
  return pino(
    { level: config.logLevel, base: null, hooks: { streamWrite: scrub } },
    pino.destination({ fd: 2, sync: true }),
  );
}

/** Gives a function that replaces each secret, as it is and as it looks within a URL. */
export function createScrubber(secrets: readonly string[]): (line: string) => string {
  const forms = new Set(
    secrets.flatMap((secret) => [secret, encodeURIComponent(secret), inJson(secret), inBase64(secret)]),
  );
  const longestFirst = [...forms].sort((left, right) => right.length - left.length);
  return (line) => longestFirst.reduce((text, secret) => text.replaceAll(secret, '[secret]'), line);
}

const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
const inBase64 = (text: string) => Buffer.from(text).toString('base64');

/** Shorter ones would make holes into ordinary words. */
const shortestSecret = 8;

function secretsOf(config: Config): string[] {
  const { keys, customKeys, helicone, tavily, brave, exa, morph, qdrant } = config;
  const { apiToken, databaseUrl, redisUrl } = config;
  const all = [
    ...Object.values(keys),
    ...Object.values(customKeys),
    helicone.key,
    tavily.key,
    brave.key,
    exa.key,
    morph.key,
    qdrant.key,
  ];
  return [...all, apiToken, databaseUrl, redisUrl].filter(
    (secret): secret is string => secret !== null && secret.length >= shortestSecret,
  );
}
