import type { SessionStore } from '#server/store/store.ts';
import { hashSecret, newSecret, secretPattern } from './secrets.ts';

const hourMs = 60 * 60 * 1_000;
const idleMs = 7 * 24 * hourMs;
const absoluteMs = 30 * 24 * hourMs;
/** "Last seen" is written at most this often: every write is a durable commit. */
const touchMs = 5 * 60 * 1_000;

export interface Session {
  userId: string;
  /** SHA-256 of the cookie's value. */
  idHash: string;
}

/** Opaque sessions in a cookie: 7 days idle, 30 days at most. The store knows only the hash of the cookie's value. */
export class Sessions {
  readonly #store: SessionStore;
  readonly #now: () => number;
  readonly #ended: (session: Session) => void;

  /** @param ended told of each session that its person ends */
  constructor(
    store: SessionStore,
    now: () => number = Date.now,
    ended: (session: Session) => void = () => undefined,
  ) {
    this.#store = store;
    this.#now = now;
    this.#ended = ended;
  }

  /** @returns the value of the cookie */
  async create(userId: string): Promise<string> {
    const secret = newSecret();
    const now = this.#now();
    await this.#store.create({ idHash: hashSecret(secret), userId, createdMs: now, lastSeenMs: now });
    return secret;
  }

  async find(secret: string | undefined): Promise<Session | null> {
    if (secret === undefined || !secretPattern.test(secret)) return null;
    const idHash = hashSecret(secret);
    const row = await this.#store.get(idHash);
    if (!row) return null;
    const now = this.#now();
    if (now - row.lastSeenMs > idleMs || now - row.createdMs > absoluteMs) {
      await this.#store.delete(idHash);
      return null;
    }
    if (now - row.lastSeenMs > touchMs) await this.#store.touch(idHash, now);
    return { userId: row.userId, idHash };
  }

  async end(session: Session): Promise<void> {
    await this.#store.delete(session.idHash);
    this.#ended(session);
  }
}

/** Cookies are shared by all ports of a host, so the port is in the name (RFC 6265, section 8.5). */
export function cookieName(port: number): string {
  return `crosspoint_${port}`;
}

/**
 * Not `Secure`, because the address is http on loopback; `Strict`, because no other site has a reason to send it.
 * @param secret the empty text takes the cookie away
 */
export function sessionCookie(port: number, secret: string): string {
  const age = secret === '' ? 0 : absoluteMs / 1_000;
  return `${cookieName(port)}=${secret}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Strict`;
}

/** The first value of that name, or undefined. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
