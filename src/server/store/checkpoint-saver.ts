import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { RunnableConfig } from '@langchain/core/runnables';
import {
  BaseCheckpointSaver,
  WRITES_IDX_MAP,
  TASKS,
  copyCheckpoint,
  getCheckpointId,
  maxChannelVersion,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointPendingWrite,
  type CheckpointTuple,
  type PendingWrite,
} from '@langchain/langgraph-checkpoint';
import { PlainSerializer } from './checkpoint-serializer.ts';
import { storageError } from './sqlite-error.ts';
import { openSqliteFile } from './sqlite-file.ts';

const schema = `
  create table if not exists checkpoints (
    thread_id text not null, checkpoint_ns text not null, checkpoint_id text not null, parent_id text,
    type text not null, checkpoint blob not null, metadata_type text not null, metadata blob not null,
    primary key (thread_id, checkpoint_ns, checkpoint_id)) without rowid;
  create table if not exists writes (
    thread_id text not null, checkpoint_ns text not null, checkpoint_id text not null, task_path text not null,
    task_id text not null, idx integer not null, channel text not null, type text not null, value blob not null,
    primary key (thread_id, checkpoint_ns, checkpoint_id, task_id, idx)) without rowid;`;

interface CheckpointRow {
  thread_id: string;
  checkpoint_ns: string;
  checkpoint_id: string;
  parent_id: string | null;
  type: string;
  checkpoint: Uint8Array;
  metadata_type: string;
  metadata: Uint8Array;
}

interface WriteRow {
  task_id: string;
  channel: string;
  type: string;
  value: Uint8Array;
}

/**
 * LangGraph's checkpoints in a SQLite file of their own, so that deleting a finished turn never waits for the record. Each
 * is written before the next step begins, but the disk is not waited for: a turn whose checkpoint was lost, or is older
 * than its review, goes on from the record (graph.ts, `begin`; docs/decisions/0006).
 * Pending writes come back in the order of a live run, `(task_path, task_id, idx)`; the official SQLite saver stores no
 * path and replays parallel tool results in another order (langgraph#8382).
 */
export class NodeSqliteSaver extends BaseCheckpointSaver {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** @param path a file, or `:memory:` */
  constructor(path: string) {
    super(new PlainSerializer());
    this.#database = openSqliteFile(path, 'normal');
    this.#database.exec(schema);
  }

  async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    if (config.configurable?.thread_id === undefined) return undefined;
    const { threadId, namespace } = keysOf(config);
    const id = getCheckpointId(config);
    const row = id
      ? this.#sql(
          'select * from checkpoints where thread_id = ? and checkpoint_ns = ? and checkpoint_id = ?',
        ).get(threadId, namespace, id)
      : this.#sql(
          'select * from checkpoints where thread_id = ? and checkpoint_ns = ? order by checkpoint_id desc limit 1',
        ).get(threadId, namespace);
    return row ? this.#tuple(row as unknown as CheckpointRow) : undefined;
  }

  async *list(config: RunnableConfig, options: CheckpointListOptions = {}): AsyncGenerator<CheckpointTuple> {
    const { configurable = {} } = config;
    const conditions: [string, unknown][] = [
      ['thread_id = ?', configurable.thread_id],
      ['checkpoint_ns = ?', configurable.checkpoint_ns],
      ['checkpoint_id = ?', configurable.checkpoint_id],
      ['checkpoint_id < ?', options.before?.configurable?.checkpoint_id],
    ];
    const given = conditions.filter(([, value]) => value !== undefined && value !== null);
    const where = given.length ? `where ${given.map(([text]) => text).join(' and ')}` : '';
    const rows = this.#sql(`select * from checkpoints ${where} order by checkpoint_id desc`).all(
      ...given.map(([, value]) => String(value)),
    );
    let left = options.limit ?? Infinity;
    for (const row of rows as unknown as CheckpointRow[]) {
      if (left <= 0) return;
      const tuple = await this.#tuple(row);
      if (!matches(tuple.metadata, options.filter)) continue;
      left -= 1;
      yield tuple;
    }
  }

  async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
  ): Promise<RunnableConfig> {
    const { threadId, namespace } = keysOf(config);
    const [type, bytes] = await this.serde.dumpsTyped(copyCheckpoint(checkpoint));
    const [metadataType, metadataBytes] = await this.serde.dumpsTyped(metadata);
    const parent = (config.configurable?.checkpoint_id as string | undefined) ?? null;
    const row = [threadId, namespace, checkpoint.id, parent, type, bytes, metadataType, metadataBytes];
    this.#transaction(() =>
      this.#sql('insert or replace into checkpoints values (?, ?, ?, ?, ?, ?, ?, ?)').run(...row),
    );
    return { configurable: { thread_id: threadId, checkpoint_ns: namespace, checkpoint_id: checkpoint.id } };
  }

  async putWrites(
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
    taskPath = '',
  ): Promise<void> {
    const { threadId, namespace } = keysOf(config);
    const checkpointId = getCheckpointId(config);
    if (!checkpointId) throw new Error('Writes need a "checkpoint_id" in "configurable".');
    const encoded = await Promise.all(writes.map(([, value]) => this.serde.dumpsTyped(value)));
    this.#transaction(() =>
      writes.forEach(([channel], position) => {
        const [type, bytes] = encoded[position] as [string, Uint8Array];
        const index = WRITES_IDX_MAP[channel] ?? position;
        // A special write (an error, an interrupt) replaces its older one; a regular write is stored once.
        const verb = index < 0 ? 'insert or replace' : 'insert or ignore';
        const row = [threadId, namespace, checkpointId, taskPath, taskId, index, channel, type, bytes];
        this.#sql(`${verb} into writes values (?, ?, ?, ?, ?, ?, ?, ?, ?)`).run(...row);
      }),
    );
  }

  async deleteThread(threadId: string): Promise<void> {
    this.#transaction(() => {
      this.#sql('delete from checkpoints where thread_id = ?').run(threadId);
      this.#sql('delete from writes where thread_id = ?').run(threadId);
    });
  }

  close(): void {
    this.#database.close();
  }

  async #tuple(row: CheckpointRow): Promise<CheckpointTuple> {
    const at = (id: string) => ({
      configurable: { thread_id: row.thread_id, checkpoint_ns: row.checkpoint_ns, checkpoint_id: id },
    });
    return {
      config: at(row.checkpoint_id),
      checkpoint: await this.#withPendingSends(row),
      metadata: (await this.serde.loadsTyped(row.metadata_type, row.metadata)) as CheckpointMetadata,
      ...(row.parent_id ? { parentConfig: at(row.parent_id) } : {}),
      pendingWrites: await this.#pendingWrites(row),
    };
  }

  /** Checkpoints before version 4 kept the sends of a step with its parent; LangGraph expects them here. */
  async #withPendingSends(row: CheckpointRow): Promise<Checkpoint> {
    const checkpoint = (await this.serde.loadsTyped(row.type, row.checkpoint)) as Checkpoint;
    if (checkpoint.v >= 4 || !row.parent_id) return checkpoint;
    const parentWrites = await this.#pendingWrites({ ...row, checkpoint_id: row.parent_id });
    const sends = parentWrites.filter(([, channel]) => channel === TASKS).map(([, , value]) => value);
    const versions = Object.values(checkpoint.channel_versions);
    checkpoint.channel_values[TASKS] = sends;
    checkpoint.channel_versions[TASKS] = versions.length
      ? maxChannelVersion(...versions)
      : this.getNextVersion(undefined);
    return checkpoint;
  }

  async #pendingWrites(row: CheckpointRow): Promise<CheckpointPendingWrite[]> {
    const rows = this.#sql(
      'select task_id, channel, type, value from writes where thread_id = ? and checkpoint_ns = ? and checkpoint_id = ? order by task_path, task_id, idx',
    ).all(row.thread_id, row.checkpoint_ns, row.checkpoint_id) as unknown as WriteRow[];
    return Promise.all(
      rows.map(async (write): Promise<CheckpointPendingWrite> => [
        write.task_id,
        write.channel,
        await this.serde.loadsTyped(write.type, write.value),
      ]),
    );
  }

  /** @throws `disk_full`, `store_busy`, `store_damaged` */
  #transaction(work: () => void): void {
    try {
      this.#database.exec('begin immediate');
      work();
      this.#database.exec('commit');
    } catch (cause) {
      // A full disk has already rolled back.
      if (this.#database.isTransaction) this.#database.exec('rollback');
      throw storageError(cause);
    }
  }

  #sql(text: string): StatementSync {
    const known = this.#statements.get(text);
    if (known) return known;
    const statement = this.#database.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }
}

function keysOf(config: RunnableConfig): { threadId: string; namespace: string } {
  const threadId = config.configurable?.thread_id as string | undefined;
  if (threadId === undefined) throw new Error('Checkpoints need a "thread_id" in "configurable".');
  return { threadId, namespace: (config.configurable?.checkpoint_ns as string | undefined) ?? '' };
}

function matches(
  metadata: CheckpointMetadata | undefined,
  filter: Record<string, unknown> | undefined,
): boolean {
  if (!filter) return true;
  return Object.entries(filter).every(
    ([key, value]) => (metadata as Record<string, unknown> | undefined)?.[key] === value,
  );
}
