import type { KeyRow, KeyStore } from '#server/store/store.ts';
import { apiTokenDesk } from '../v1/api-token.ts';
import type { Caller, KeyDesk } from '../v1/types.ts';
import { hashKey, keyPattern } from './minted-key.ts';

/** Milliseconds for which a key is known without asking the store: another process may have revoked it meanwhile. */
const knownMs = 4_000;
/** "Last used" is written at most this often: every write is a durable commit. */
const touchMs = 5 * 60 * 1_000;

export interface KeyDeskOptions {
  keys: Pick<KeyStore, 'byHash' | 'update'>;
  /** CROSSPOINT_API_TOKEN: a caller without limits. */
  apiToken: string | null;
  ownerId: string;
  logger: { warn(details: object, message: string): void };
  now?: () => number;
}

export interface MintedKeyDesk extends KeyDesk {
  /** A key was changed or revoked here: it is looked up again at its next use. */
  forget(hash: string): void;
}

interface Known {
  caller: Caller;
  untilMs: number;
  expiresMs: number;
}

/** Who calls `/v1`: minted keys, and the configured token. */
export function createKeyDesk(options: KeyDeskOptions): MintedKeyDesk {
  const { keys, apiToken, ownerId, now = Date.now } = options;
  const token = apiTokenDesk(apiToken, ownerId);
  const known = new Map<string, Known>();

  async function lookUp(hash: string): Promise<Caller | null> {
    known.delete(hash);
    const row = await keys.byHash(hash);
    const at = now();
    const expiresMs = row?.expiresAt ? Date.parse(row.expiresAt) : Infinity;
    if (!row || row.revokedAt !== null || expiresMs <= at) return null;
    touch(row, at);
    const caller = callerOf(row);
    // Only keys that exist are kept, so that guesses take no memory.
    known.set(hash, { caller, untilMs: at + knownMs, expiresMs });
    return caller;
  }

  /** In the background: nobody waits for it, and a failure of it stops nobody. */
  function touch({ userId, id, lastUsedAt }: KeyRow, at: number): void {
    if (lastUsedAt !== null && at - Date.parse(lastUsedAt) < touchMs) return;
    keys.update(userId, id, { lastUsedAt: new Date(at).toISOString() }).catch((err: unknown) => {
      options.logger.warn({ err, key: id }, 'when a key was used could not be written');
    });
  }

  return {
    identify(secret) {
      if (!keyPattern.test(secret)) return token.identify(secret);
      const hash = hashKey(secret);
      const found = known.get(hash);
      const at = now();
      if (found && at < found.untilMs && at < found.expiresMs) return found.caller;
      return lookUp(hash).then((caller) => caller ?? token.identify(secret));
    },
    forget: (hash) => void known.delete(hash),
  };
}

function callerOf({ id, name, userId, models, limits, budget, storeBodies }: KeyRow): Caller {
  return { keyId: id, keyName: name, userId, models, limits, budget, storeBodies };
}
