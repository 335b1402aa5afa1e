import { exchangeKey } from '#protocol/commands.ts';
import type { Endpoint } from '../endpoint.ts';
import { ownerId } from '../services.ts';
import { sessionCookie } from './sessions.ts';

/** `POST /auth/exchange`: trades the one-time key of a login link for the session cookie. */
export const exchangeLoginKey: Endpoint = async ({ login, sessions, port }, request) => {
  const { key } = await request.command(exchangeKey);
  await login.take(key);
  const secret = await sessions.create(ownerId);
  return { body: { success: true }, headers: { 'set-cookie': sessionCookie(port, secret) } };
};

/** `POST /auth/logout`: ends this session. A script's token is not a session and stays what it is. */
export const logout: Endpoint = async ({ sessions, port }, { identity }) => {
  if (identity?.session) await sessions.end(identity.session);
  return { body: { success: true }, headers: { 'set-cookie': sessionCookie(port, '') } };
};
