import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Every row of every table of a record, by table: what is equal before and after was not touched. */
export function dumpRecord(dataDir: string): Record<string, Record<string, unknown>[]> {
  const database = new DatabaseSync(join(dataDir, 'crosspoint.db'), { readOnly: true, timeout: 5_000 });
  try {
    const tables = database
      .prepare(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name",
      )
      .all() as { name: string }[];
    return Object.fromEntries(
      tables.map(({ name }) => [name, database.prepare(`select * from "${name}" order by 1, 2`).all()]),
    );
  } finally {
    database.close();
  }
}
