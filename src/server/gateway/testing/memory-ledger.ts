import type { LedgerFacts, LedgerRow, LedgerStore } from '#server/store/ledger.types.ts';

type Row = LedgerRow & Partial<LedgerFacts>;

/** A ledger in memory that refuses what the real one must never see: a row settled twice or without a reservation. */
export function memoryLedger(): LedgerStore & { rows: Row[] } {
  const rows: Row[] = [];
  const unused = () => Promise.reject(new Error('not part of the gateway'));
  return {
    rows,
    reserve(row) {
      const open = {
        status: 'reserved',
        messageId: null,
        errorCode: null,
        httpStatus: null,
        finishReason: null,
      };
      rows.push({ ...row, ...open } as Row);
      return Promise.resolve();
    },
    settle(id, result) {
      const row = rows.find((candidate) => candidate.id === id);
      if (row?.status !== 'reserved') return Promise.reject(new Error(`${id} is not reserved`));
      Object.assign(row, result);
      return Promise.resolve();
    },
    reclaim: unused,
    list: unused,
    threadCost: unused,
    recordHit: unused,
  };
}
