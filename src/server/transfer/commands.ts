import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CrosspointError } from '#protocol/errors.ts';
import type { ModelConfig } from '#protocol/model.ts';
import { modelName } from '#server/agent/model-request.ts';
import { readConfig, type Config } from '#server/config.ts';
import { originsOf } from '#server/http/guard.ts';
import { ownerId } from '#server/http/services.ts';
import { createModelManager } from '#server/models/model-manager.ts';
import type { RunningModelManager } from '#server/models/types.ts';
import { findRunningServer } from '#server/process/data-directory.ts';
import { readEnvironment } from '#server/process/environment-file.ts';
import { openStore } from '#server/store/open-store.ts';
import type { Store } from '#server/store/store.ts';
import { exportThread } from './export-thread.ts';
import { importThread, type Imported } from './import-thread.ts';
import { TransferError } from './transfer-error.ts';

/** `npm start -- import <file>`: a conversation that another program recorded becomes a thread, also while the server runs. */
export function importFile(path: string): Promise<void> {
  return withRecord(async (store, config) => {
    const models = await createModelManager({ config, settings: store.settings });
    const notes: string[] = [];
    try {
      const imported = await importThread(store, path, {
        userId: ownerId,
        sandboxType: config.sandbox,
        chooseModel: (named) => chooseModel(models, named, (note) => notes.push(note)),
      });
      process.stdout.write(`${[countsOf(imported), ...notes, linkTo(config, imported)].join('\n')}\n`);
    } finally {
      models.close();
    }
  });
}

/** `npm start -- export <thread> [file]`: without a file to the standard output. A file that is there is never replaced. */
export function exportToFile(threadId: string, path?: string): Promise<void> {
  return withRecord(async (store) => {
    const lines = await exportThread(store, ownerId, threadId);
    if (path === undefined) return print(lines);
    const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
    await pipeline(Readable.from(lines), file).catch((cause: Error) => {
      throw new TransferError(`${path} cannot be written: ${cause.message}`);
    });
    process.stderr.write(`Written to ${path}.\n`);
  });
}

async function print(lines: Iterable<string>): Promise<void> {
  for (const line of lines) if (!process.stdout.write(line)) await once(process.stdout, 'drain');
}

async function withRecord(work: (store: Store, config: Config) => Promise<void>): Promise<void> {
  const config = readConfig(readEnvironment(process.env, process.cwd()));
  const store = await openStore(config.dataDir);
  try {
    await work(store, config);
  } catch (cause) {
    const known = cause instanceof TransferError || cause instanceof CrosspointError;
    if (!known) throw cause;
    process.stderr.write(`${cause.message}\n`);
    process.exitCode = 1;
  } finally {
    await store.close();
  }
}

/** The model that the file names where it can be used here, else the default one. */
async function chooseModel(
  models: RunningModelManager,
  named: string | undefined,
  say: (note: string) => void,
): Promise<ModelConfig> {
  // What a local server offers is known only when it has been asked.
  await models.lookForServers();
  const wanted = named === undefined ? null : usable(models, named);
  const chosen = wanted ?? models.defaultConfig();
  const why = named === undefined || wanted ? '' : `${named}, which the file names, cannot be used here: `;
  say(`${why}it goes on with ${modelName(chosen)}.`.replace(/^i/, 'I'));
  return chosen;
}

function usable(models: RunningModelManager, name: string): ModelConfig | null {
  try {
    const config = models.resolveName(name);
    models.assertUsable(config);
    return config;
  } catch (cause) {
    if (cause instanceof CrosspointError) return null;
    throw cause;
  }
}

function countsOf({ messages, toolCalls, unanswered, orphans, title }: Imported): string {
  const details = [
    `${toolCalls} ${toolCalls === 1 ? 'tool call' : 'tool calls'}`,
    ...(unanswered ? [`${unanswered} of them without a result`] : []),
    ...(orphans ? [`${orphans} results without a call`] : []),
  ];
  return `Imported "${title}": ${messages} ${messages === 1 ? 'message' : 'messages'}, ${details.join(', ')}.`;
}

function linkTo({ dataDir, host, port }: Config, { threadId }: Imported): string {
  const server = findRunningServer(dataDir);
  const origin = server?.origin ?? `http://${originsOf(host, port).canonicalHost}`;
  const hint = server ? '' : '  (start Crosspoint with "npm start" first)';
  return `${origin}/t/${threadId}${hint}`;
}
