import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { createKeyCommand } from '#protocol/key-commands.ts';
import { CrosspointError } from '#protocol/errors.ts';
import type { KeyView } from '#protocol/keys.ts';
import { readConfig } from './config.ts';
import { readEnvironment } from './process/environment-file.ts';
import { openStore } from './store/open-store.ts';
import { KeyOffice } from './gateway/keys/key-office.ts';

const usage = `npm start -- key create <name> [--models openai/*,anthropic/claude-…] [--expires 2027-01-31|90d] [--budget 20/month]
                               [--requests-per-minute 60] [--tokens-per-minute 100000] [--concurrency 4] [--queue-ms 10000]
                               [--allow-unpriced] [--store-bodies]
npm start -- key list
npm start -- key revoke <id>`;

const options = {
  models: { type: 'string' },
  expires: { type: 'string' },
  budget: { type: 'string' },
  'requests-per-minute': { type: 'string' },
  'tokens-per-minute': { type: 'string' },
  concurrency: { type: 'string' },
  'queue-ms': { type: 'string' },
  'allow-unpriced': { type: 'boolean' },
  'store-bodies': { type: 'boolean' },
} as const;

type Values = ReturnType<typeof parse>['values'];

/** A sentence for who typed it. */
class KeyCommandError extends Error {}

/** `npm start -- key create|list|revoke`, also while the server runs, which knows of it within 5 s. */
export async function runKeyCommand(given: string[], ownerId = 'owner'): Promise<void> {
  const { dataDir } = readConfig(readEnvironment(process.env, process.cwd()));
  const store = await openStore(dataDir);
  try {
    const { values, positionals } = parse(given);
    await run(new KeyOffice(store.keys), ownerId, positionals, values);
  } catch (cause) {
    const known = cause instanceof KeyCommandError || cause instanceof CrosspointError;
    if (!known) throw cause;
    process.stderr.write(`${cause.message}\n`);
    process.exitCode = 1;
  } finally {
    await store.close();
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (cause) {
    throw new KeyCommandError(`${(cause as Error).message}\n${usage}`);
  }
}

async function run(office: KeyOffice, ownerId: string, [verb, subject, more]: string[], values: Values) {
  if (verb === 'list' && subject === undefined) return list(await office.list(ownerId));
  if (subject === undefined || more !== undefined || !['create', 'revoke'].includes(verb ?? ''))
    throw new KeyCommandError(usage);
  if (verb === 'revoke') {
    const { name, prefix, last4 } = await office.revoke(ownerId, subject);
    process.stdout.write(`Revoked "${name}" (${prefix}…${last4}).\n`);
    return;
  }
  const { key, secret } = await office.create(ownerId, wishOf(subject, values));
  process.stdout.write(`${secret}\n`);
  process.stderr.write(`This is the key "${key.name}" (id ${key.id}). It is shown only now.\n`);
}

function list(keys: readonly KeyView[]): void {
  for (const { id, prefix, last4, status, name, lastUsedAt } of keys)
    process.stdout.write(
      `${id}  ${prefix}…${last4}  ${status.padEnd(7)}  ${lastUsedAt ?? 'never used'}  ${name}\n`,
    );
}

function wishOf(name: string, values: Values) {
  const numbers = {
    requestsPerMinute: values['requests-per-minute'],
    tokensPerMinute: values['tokens-per-minute'],
    concurrency: values.concurrency,
    queueMs: values['queue-ms'],
  };
  const limits = Object.fromEntries(
    Object.entries(numbers).flatMap(([limit, text]) => (text === undefined ? [] : [[limit, Number(text)]])),
  );
  const wish = {
    name,
    models: values.models?.split(',').map((model) => model.trim()) ?? null,
    limits,
    budget: values.budget === undefined ? null : budgetOf(values.budget, values['allow-unpriced'] ?? false),
    storeBodies: values['store-bodies'] ?? false,
    expiresAt: values.expires === undefined ? null : expiryOf(values.expires),
  };
  const result = v.safeParse(createKeyCommand, wish);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = issue.path?.map((item) => String(item.key)).join('.');
  throw new KeyCommandError(`${path}: ${issue.message}\n${usage}`);
}

function budgetOf(text: string, allowUnpriced: boolean) {
  const [usd, period = 'month'] = text.split('/');
  return { usd: Number(usd), period, ...(allowUnpriced ? { allowUnpriced } : {}) };
}

/** `90d` from now, or a date. */
function expiryOf(text: string): string {
  const days = /^(\d{1,5})d$/.exec(text)?.[1];
  return days === undefined ? text : new Date(Date.now() + Number(days) * 86_400_000).toISOString();
}
