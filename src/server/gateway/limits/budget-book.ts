import { randomUUID } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { sqliteTransaction } from '#server/store/sqlite-transaction.ts';
import type { LimitClock } from './limit-clock.ts';
import type { BudgetLine, BudgetVerdict, Reservation, Spent } from './limit-store.ts';

/** Money in whole billionths of a dollar: sums are exact. */
const nanoUsd = 1e9;

const schema = `
  create table if not exists spent (
    subject text not null, period text not null, nano_usd integer not null, unpriced_calls integer not null,
    primary key (subject, period)) without rowid;
  create table if not exists reservations (
    id text not null, subject text not null, period text not null, nano_usd integer not null, lease_ms integer not null,
    primary key (id, subject, period)) without rowid;
  create index if not exists reservations_by_subject on reservations (subject, period);`;

/** A reservation that nobody renewed for so long belongs to nobody any more. */
const leaseMs = 60_000;
/** Longer than any call may take: what is open then was forgotten. */
const longestCallMs = 20 * 60_000;

/**
 * Budgets: what was spent and what is held by calls that have not ended. A call is let in while both together are below the
 * budget and holds its worst case until it ends, so that at most the last call goes over, however many run at once.
 * A call whose end nobody saw counts with what it held.
 */
export class BudgetBook {
  readonly #database: DatabaseSync;
  readonly #clock: LimitClock;
  /** Of this process, with the steady time of their start. */
  readonly #open = new Map<string, number>();
  readonly #statements: ReturnType<typeof prepare>;

  /** What a dead process left is counted at once: the data directory has one process. */
  constructor(database: DatabaseSync, clock: LimitClock) {
    this.#database = database;
    this.#clock = clock;
    database.exec(schema);
    this.#statements = prepare(database);
    sqliteTransaction(database, () => this.#count(Number.MAX_SAFE_INTEGER));
  }

  reserve(lines: readonly BudgetLine[], usd: number): BudgetVerdict {
    const amount = Math.ceil(usd * nanoUsd);
    const id = randomUUID();
    const lease = this.#clock.wall() + leaseMs;
    const verdict = sqliteTransaction(this.#database, (): BudgetVerdict => {
      for (const line of lines) {
        const { usd: spentUsd, heldUsd } = this.spent(line.subject, line.period);
        if (spentUsd >= line.usd) return { allowed: false, line, why: 'spent' };
        if (spentUsd + heldUsd >= line.usd) return { allowed: false, line, why: 'held' };
      }
      for (const { subject, period } of lines) this.#statements.hold.run(id, subject, period, amount, lease);
      return { allowed: true, reservation: { id, lines, usd: amount / nanoUsd } };
    });
    if (verdict.allowed) this.#open.set(id, this.#clock.steady());
    return verdict;
  }

  settle({ id, lines, usd: reserved }: Reservation, usd: number | null, unpriced: boolean): void {
    this.#open.delete(id);
    const calls = unpriced && usd === null ? 1 : 0;
    const counted = Math.round(reserved * nanoUsd);
    const actual = usd === null ? counted : Math.round(usd * nanoUsd);
    sqliteTransaction(this.#database, () => {
      // Reclaimed in between: it has been counted with what it held.
      const wasOpen = this.#statements.letGo.run(id).changes > 0;
      for (const { subject, period } of lines)
        this.#statements.spend.run(subject, period, wasOpen ? actual : actual - counted, calls);
    });
  }

  release({ id }: Reservation): void {
    this.#open.delete(id);
    this.#statements.letGo.run(id);
  }

  spent(subject: string, period: string): Spent {
    const row = this.#statements.spent.get(subject, period) as
      { nano_usd: number; unpriced_calls: number } | undefined;
    const { held } = this.#statements.held.get(subject, period) as { held: number };
    return {
      usd: (row?.nano_usd ?? 0) / nanoUsd,
      heldUsd: held / nanoUsd,
      unpricedCalls: row?.unpriced_calls ?? 0,
    };
  }

  /** Renews the leases of what runs here, and counts what nobody renewed. */
  sweep(): void {
    const now = this.#clock.steady();
    sqliteTransaction(this.#database, () => {
      for (const [id, since] of this.#open) {
        if (now - since > longestCallMs) this.#open.delete(id);
        else this.#statements.renew.run(this.#clock.wall() + leaseMs, id);
      }
      this.#count(this.#clock.wall());
    });
  }

  #count(before: number): void {
    const { lost, letGo, spend } = this.#statements;
    const rows = lost.all(before) as { id: string; subject: string; period: string; nano_usd: number }[];
    for (const row of rows) {
      spend.run(row.subject, row.period, row.nano_usd, 0);
      letGo.run(row.id);
    }
  }
}

function prepare(
  database: DatabaseSync,
): Record<'spent' | 'held' | 'hold' | 'letGo' | 'renew' | 'lost' | 'spend', StatementSync> {
  const sql = (text: string) => database.prepare(text);
  return {
    spent: sql('select nano_usd, unpriced_calls from spent where subject = ? and period = ?'),
    held: sql('select coalesce(sum(nano_usd), 0) as held from reservations where subject = ? and period = ?'),
    hold: sql('insert into reservations values (?, ?, ?, ?, ?)'),
    letGo: sql('delete from reservations where id = ?'),
    renew: sql('update reservations set lease_ms = ? where id = ?'),
    lost: sql('select id, subject, period, nano_usd from reservations where lease_ms <= ?'),
    spend: sql(`insert into spent values (?, ?, ?, ?) on conflict do update set
      nano_usd = nano_usd + excluded.nano_usd, unpriced_calls = unpriced_calls + excluded.unpriced_calls`),
  };
}
