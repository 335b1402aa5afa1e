import { CrosspointError } from '#protocol/errors.ts';
import { changeKeyCommand, createKeyCommand } from '#protocol/key-commands.ts';
import type { KeyAnswer, KeysAnswer, NewKeyAnswer } from '#protocol/keys.ts';
import type { Endpoint } from '../endpoint.ts';

/** Keys for `/v1`. They open nothing of `/api`: who makes one is signed in, or has the configured token. */
export const listKeys: Endpoint = async ({ keys }, { userId }) => {
  const body: KeysAnswer = { keys: await keys.list(userId) };
  return { body };
};

export const createKey: Endpoint = async ({ keys }, request) => {
  const body: NewKeyAnswer = await keys.create(request.userId, await request.command(createKeyCommand));
  return { body };
};

/** That there is no such key comes before what is wrong with the change. */
export const changeKey: Endpoint = async ({ keys, store }, request) => {
  if (!(await store.keys.get(request.userId, request.id)))
    throw new CrosspointError('not_found', { what: 'key' });
  const change = await request.command(changeKeyCommand);
  const body: KeyAnswer = { key: await keys.change(request.userId, request.id, change) };
  return { body };
};

export const revokeKey: Endpoint = async ({ keys }, { userId, id }) => {
  const body: KeyAnswer = { key: await keys.revoke(userId, id) };
  return { body };
};
