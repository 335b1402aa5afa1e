import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { fuse, fusedFrom } from '../../fusion.ts';
import { joinedTerms, fieldsOf } from '../../terms/fields.ts';
import { queryTerms } from '../../terms/query.ts';
import type { Candidate, Candidates, Chunk, CodeQuery, EmbeddedFile } from '../../types.ts';
import { VectorTable } from '../../vectors/vector-table.ts';

type Row = Record<string, SQLOutputValue>;

interface Hit {
  id: number;
  score: number;
}

const insertions = {
  file: 'insert into file (path, hash, space) values (?, ?, ?) returning id',
  chunk: `insert into chunk (file, language, kind, symbol, parent, signature, start_line, end_line, terms)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?) returning id`,
  words: 'insert into words (rowid, symbol, parent, path, signature, body) values (?, ?, ?, ?, ?, ?)',
};

/** The index of one workspace, synchronously: it lives in a thread of its own. */
export class WorkspaceTables {
  readonly #database: DatabaseSync;
  readonly #space: string;
  readonly #vectors: VectorTable;
  readonly #statements = new Map<string, StatementSync>();
  #chunks: number | null = null;

  /** @param space names the model of the vectors; empty for none */
  constructor(database: DatabaseSync, space: string) {
    this.#database = database;
    this.#space = space;
    this.#vectors = new VectorTable(database);
    // Vectors of another model say nothing beside these. Without a model they are kept: it may come back.
    if (space !== '')
      this.#run(
        'delete from vector where chunk in (select chunk.id from chunk join file on file.id = chunk.file where space <> ?)',
        space,
      );
  }

  /** All of them or, when this throws, none. */
  put(files: readonly EmbeddedFile[]): void {
    this.#transaction(() => {
      for (const file of files) {
        this.#remove(file.path);
        const id = this.#id(insertions.file, file.path, file.hash, this.#space);
        for (const [position, chunk] of file.chunks.entries())
          this.#insert(id, { ...chunk, path: file.path }, file.vectors?.[position]);
      }
    });
  }

  removeFiles(paths: readonly string[]): void {
    this.#transaction(() => {
      for (const path of paths) this.#remove(path);
    });
  }

  /** Those that were put for the model of vectors that is configured now: others are to be put again. */
  files(): Map<string, string> {
    const rows = this.#prepared('select path, hash from file where space = ?').all(this.#space);
    return new Map(rows.map(({ path, hash }) => [path as string, hash as string]));
  }

  candidates({ text, limit, vector }: CodeQuery): Candidates {
    const rarity = this.#rarity(queryTerms(text));
    const byWords = this.#byWords([...rarity.keys()], vector ? fusedFrom : limit);
    if (!vector) return { found: byWords.flatMap((hit) => this.#candidate(hit)), rarity };
    const byMeaning = this.#vectors
      .nearest(vector, fusedFrom)
      .map(({ chunk, score }) => ({ id: chunk, score }));
    const fused = fuse([byWords, byMeaning], ({ id }) => id).slice(0, limit);
    return { found: fused.flatMap(({ item, score }) => this.#candidate({ id: item.id, score })), rarity };
  }

  #byWords(terms: readonly string[], limit: number): Hit[] {
    if (terms.length === 0) return [];
    const match = terms.map((term) => `"${term}"`).join(' OR ');
    const rows = this.#prepared(
      'select rowid as id, rank from words where words match ? order by rank limit ?',
    ).all(match, limit);
    // FTS5's rank is lower for what is better.
    return rows.map(({ id, rank }) => ({ id: id as number, score: -(rank as number) }));
  }

  #candidate({ id, score }: Hit): Candidate[] {
    const row = this.#prepared(
      'select chunk.*, file.path, file.hash from chunk join file on file.id = chunk.file where chunk.id = ?',
    ).get(id);
    return row ? [candidateOf(row, score)] : [];
  }

  #rarity(terms: readonly string[]): Map<string, number> {
    const count = this.#count();
    const statement = this.#prepared('select doc from vocabulary where term = ?');
    const rarity = new Map<string, number>();
    for (const term of terms) {
      const holding = statement.get(term)?.doc as number | undefined;
      if (!holding) continue;
      // Chunks that were replaced are in the counts of words until their pages are merged.
      const others = Math.max(0, count - holding);
      rarity.set(term, Math.log(1 + (others + 0.5) / (holding + 0.5)));
    }
    return rarity;
  }

  /** Counted once after each change: a count reads the whole index. */
  #count(): number {
    const sql = 'select count(*) as count from chunk';
    this.#chunks ??= this.#prepared(sql).get()?.count as number;
    return this.#chunks;
  }

  #insert(file: number, chunk: Chunk, vector: readonly number[] | undefined): void {
    const fields = fieldsOf(chunk);
    const { language, kind, symbol, parent, signature, startLine, endLine } = chunk;
    const place = [language, kind, symbol, parent, signature, startLine, endLine];
    const id = this.#id(insertions.chunk, file, ...place, joinedTerms(fields.body));
    const columns = [fields.symbol, fields.parent, fields.path, fields.signature, fields.body];
    this.#run(insertions.words, id, ...columns.map((terms) => terms.join(' ')));
    if (vector) this.#vectors.put(id, vector);
  }

  #remove(path: string): void {
    const file = this.#prepared('select id from file where path = ?').get(path)?.id as number | undefined;
    if (file === undefined) return;
    for (const { id } of this.#prepared('select id from chunk where file = ?').all(file)) {
      this.#run('delete from words where rowid = ?', id as number);
      this.#vectors.remove(id as number);
    }
    this.#run('delete from chunk where file = ?', file);
    this.#run('delete from file where id = ?', file);
  }

  #transaction(work: () => void): void {
    this.#chunks = null;
    this.#database.exec('begin immediate');
    try {
      work();
      this.#database.exec('commit');
    } catch (cause) {
      if (this.#database.isTransaction) this.#database.exec('rollback');
      throw cause;
    }
  }

  #id(sql: string, ...values: (string | number | null)[]): number {
    return this.#prepared(sql).get(...values)?.id as number;
  }

  #run(sql: string, ...values: (string | number | null)[]): void {
    this.#prepared(sql).run(...values);
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, (statement = this.#database.prepare(sql)));
    return statement;
  }
}

function candidateOf(row: Row, score: number): Candidate {
  return {
    path: row.path as string,
    hash: row.hash as string,
    language: row.language as string | null,
    kind: row.kind as Candidate['kind'],
    symbol: row.symbol as string,
    parent: row.parent as string,
    signature: row.signature as string,
    startLine: row.start_line as number,
    endLine: row.end_line as number,
    terms: row.terms as string,
    score,
  };
}
