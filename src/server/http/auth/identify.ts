import type { IncomingMessage } from 'node:http';
import { ownerId } from '../services.ts';
import { sameSecret } from './secrets.ts';
import { cookieName, readCookie, type Session, type Sessions } from './sessions.ts';

export interface Identity {
  userId: string;
  /** null for a script with the bearer token. */
  session: Session | null;
}

/** Who asks: the token when an `Authorization` header is there, right or wrong; else the cookie. */
export class Identifier {
  readonly #sessions: Sessions;
  readonly #token: string | null;
  readonly #cookie: string;

  constructor(sessions: Sessions, token: string | null, port: number) {
    this.#sessions = sessions;
    this.#token = token;
    this.#cookie = cookieName(port);
  }

  /** @returns null for nobody */
  async identify(request: IncomingMessage): Promise<Identity | null> {
    const { authorization, cookie } = request.headers;
    if (authorization !== undefined) return this.#byToken(authorization);
    const session = await this.#sessions.find(readCookie(cookie, this.#cookie));
    return session && { userId: session.userId, session };
  }

  #byToken(authorization: string): Identity | null {
    const given = /^Bearer (\S+)$/i.exec(authorization)?.[1];
    if (given === undefined || this.#token === null || !sameSecret(given, this.#token)) return null;
    return { userId: ownerId, session: null };
  }
}
