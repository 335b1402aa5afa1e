import { randomBytes } from 'node:crypto';

/** Milliseconds that a preview lives after it was used last. */
const idleMs = 12 * 60 * 60 * 1000;
const mostPreviews = 200;

export interface Preview {
  /** 128 bits, in the name of its host: who has it can see the preview, nobody else finds it. */
  token: string;
  userId: string;
  threadId: string;
  port: number;
  usedAt: number;
}

/** Which ports of which sandboxes can be seen, each under a host of its own: another origin than ours and than each other's. */
export class Previews {
  readonly #byToken = new Map<string, Preview>();
  readonly #origin: (token: string) => string;
  readonly #hostPattern: RegExp;
  readonly #now: () => number;

  /**
   * @param template with `{id}`, e.g. `https://{id}.preview.example.com`
   */
  constructor(template: string, now: () => number = Date.now) {
    this.#now = now;
    this.#origin = (token) => template.replace('{id}', token);
    const { host } = new URL(template.replace('{id}', 'token'));
    const [before = '', after = ''] = host.split('token');
    this.#hostPattern = new RegExp(`^${escaped(before)}([0-9a-f]{32})${escaped(after)}$`);
  }

  /** The same port of the same thread keeps its address, so that a page that is open goes on to work. */
  open(userId: string, threadId: string, port: number): { url: string; expiresAt: string } {
    const known = [...this.#byToken.values()].find(
      (preview) => preview.threadId === threadId && preview.port === port && !this.#isOver(preview),
    );
    const preview = known ?? { token: randomBytes(16).toString('hex'), userId, threadId, port, usedAt: 0 };
    preview.usedAt = this.#now();
    this.#byToken.set(preview.token, preview);
    if (!known) this.#makeRoom();
    return {
      url: `${this.#origin(preview.token)}/`,
      expiresAt: new Date(preview.usedAt + idleMs).toISOString(),
    };
  }

  /** Whether a Host header is one of a preview, of one that is over too: it never reaches anything else. */
  isPreviewHost(host: string | undefined): boolean {
    return host !== undefined && this.#hostPattern.test(host);
  }

  /** @returns null for one that never was or that is over */
  find(host: string | undefined): Preview | null {
    const token = this.#hostPattern.exec(host ?? '')?.[1];
    const preview = token === undefined ? undefined : this.#byToken.get(token);
    if (!preview || this.#isOver(preview)) return null;
    preview.usedAt = this.#now();
    return preview;
  }

  /** Of a thread that was deleted. */
  closeOf(threadId: string): void {
    for (const [token, preview] of this.#byToken)
      if (preview.threadId === threadId) this.#byToken.delete(token);
  }

  #isOver({ usedAt }: Preview): boolean {
    return this.#now() - usedAt > idleMs;
  }

  #makeRoom(): void {
    for (const [token, preview] of this.#byToken) if (this.#isOver(preview)) this.#byToken.delete(token);
    while (this.#byToken.size > mostPreviews) {
      const [oldest] = [...this.#byToken.values()].sort((left, right) => left.usedAt - right.usedAt);
      if (oldest) this.#byToken.delete(oldest.token);
    }
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
