import { randomUUID } from 'node:crypto';
import type { ChangeKey, CreateKey } from '#protocol/key-commands.ts';
import type { BudgetUse, KeyBudget, KeyView, NewKeyAnswer } from '#protocol/keys.ts';
import { CrosspointError } from '#protocol/errors.ts';
import type { KeyRow, KeyStore } from '#server/store/store.ts';
import { hashKey, mintKey, shownParts } from './minted-key.ts';

/** What was spent of a key's budget; null when that cannot be read. */
export type ReadBudgetUse = (keyId: string, budget: KeyBudget) => Promise<BudgetUse | null>;

/** The command line must not open the file of the limits: the server counts in it. */
const unread: ReadBudgetUse = () => Promise.resolve(null);

/** Makes, shows, changes and revokes keys; the same for the settings page and the command line. */
export class KeyOffice {
  readonly #keys: KeyStore;
  readonly #forget: (hash: string) => void;
  readonly #budgetUse: ReadBudgetUse;

  /** @param forget told of each key that is no longer what it was */
  constructor(keys: KeyStore, forget: (hash: string) => void = () => undefined, budgetUse = unread) {
    this.#keys = keys;
    this.#forget = forget;
    this.#budgetUse = budgetUse;
  }

  /** The only moment at which the key itself is known. */
  async create(userId: string, wish: CreateKey): Promise<NewKeyAnswer> {
    const secret = mintKey();
    const row: KeyRow = {
      ...wish,
      id: randomUUID(),
      userId,
      hash: hashKey(secret),
      ...shownParts(secret),
      createdAt: new Date().toISOString(),
      lastUsedAt: null,
      revokedAt: null,
    };
    await this.#keys.create(row);
    return { key: await this.#view(row), secret };
  }

  async list(userId: string): Promise<KeyView[]> {
    const rows = await this.#keys.list(userId);
    return Promise.all(rows.map((row) => this.#view(row)));
  }

  /** @throws CrosspointError `not_found` */
  async change(userId: string, id: string, change: ChangeKey): Promise<KeyView> {
    return this.#update(userId, id, () => change);
  }

  /** For good. A second time changes nothing. @throws CrosspointError `not_found` */
  async revoke(userId: string, id: string): Promise<KeyView> {
    return this.#update(userId, id, ({ revokedAt }) => ({
      revokedAt: revokedAt ?? new Date().toISOString(),
    }));
  }

  async #update(
    userId: string,
    id: string,
    changeOf: (row: KeyRow) => Parameters<KeyStore['update']>[2],
  ): Promise<KeyView> {
    const row = await this.#keys.get(userId, id);
    if (!row) throw new CrosspointError('not_found', { what: 'key' });
    const change = changeOf(row);
    await this.#keys.update(userId, id, change);
    this.#forget(row.hash);
    return this.#view({ ...row, ...change });
  }

  async #view({ hash: _hash, userId: _user, ...row }: KeyRow): Promise<KeyView> {
    const budgetUse = row.budget && (await this.#budgetUse(row.id, row.budget));
    return { ...row, budgetUse, status: statusOf(row) };
  }
}

function statusOf({ revokedAt, expiresAt }: Pick<KeyRow, 'revokedAt' | 'expiresAt'>): KeyView['status'] {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && Date.parse(expiresAt) <= Date.now() ? 'expired' : 'active';
}
