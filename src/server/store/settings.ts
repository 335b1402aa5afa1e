import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Queries } from './database.ts';
import type { SettingsStore } from './store.ts';

/** @param masterKey 32 bytes; a copy of the database alone reveals no secret */
export function settingsStore(db: Queries, masterKey: Buffer): SettingsStore {
  return {
    async get(key) {
      const row = await db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
      return row?.value ?? null;
    },
    async set(key, value) {
      const insert = db.insertInto('settings').values({ key, value });
      await insert.onConflict((conflict) => conflict.column('key').doUpdateSet({ value })).execute();
    },
    async getSecret(key) {
      const row = await db.selectFrom('secrets').selectAll().where('key', '=', key).executeTakeFirst();
      return row ? decrypt(masterKey, key, row.nonce, row.value) : null;
    },
    async setSecret(key, text) {
      const row = encrypt(masterKey, key, text);
      const insert = db.insertInto('secrets').values({ key, ...row });
      await insert.onConflict((conflict) => conflict.column('key').doUpdateSet(row)).execute();
    },
  };
}

/** The key's name is authenticated too, so that a row cannot be moved to another name. */
function encrypt(masterKey: Buffer, key: string, text: string): { nonce: string; value: string } {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', masterKey, nonce).setAAD(Buffer.from(key));
  const bytes = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return { nonce: nonce.toString('base64'), value: bytes.toString('base64') };
}

function decrypt(masterKey: Buffer, key: string, nonce: string, value: string): string {
  const bytes = Buffer.from(value, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', masterKey, Buffer.from(nonce, 'base64'));
  decipher.setAAD(Buffer.from(key)).setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString('utf8');
}
