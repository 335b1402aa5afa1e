import { Gate, type Ask, type GateOptions, type Hold } from './gate.ts';

/** Whose limit it is; `provider` where it is one of a provider. */
export type Subject = Pick<GateOptions, 'subject' | 'whose' | 'provider'>;

/** The gates of all keys, users and providers; those that nobody is in or before are forgotten. */
export class Gates {
  readonly #options: Pick<GateOptions, 'store' | 'clock' | 'onFailure'>;
  readonly #gates = new Map<string, Gate>();

  constructor(options: Pick<GateOptions, 'store' | 'clock' | 'onFailure'>) {
    this.#options = options;
  }

  /** How many calls wait, by whose limit it is. */
  queues(): { subject: string; waiting: number }[] {
    return [...this.#gates].map(([subject, { waiting }]) => ({ subject, waiting }));
  }

  /** @throws what {@link Gate.enter} throws */
  async enter(subject: Subject, ask: Ask): Promise<Hold> {
    const gate = this.#gate(subject);
    try {
      const hold = await gate.enter(ask);
      return {
        undo: () => this.#leave(subject, hold.undo()),
        settle: (tokens) => this.#leave(subject, hold.settle(tokens)),
      };
    } catch (cause) {
      this.#forgetIdle(subject);
      throw cause;
    }
  }

  #gate(subject: Subject): Gate {
    const known = this.#gates.get(subject.subject);
    if (known) return known;
    const gate = new Gate({ ...this.#options, ...subject });
    this.#gates.set(subject.subject, gate);
    return gate;
  }

  async #leave(subject: Subject, left: ReturnType<Hold['undo']>): Promise<void> {
    await left;
    this.#forgetIdle(subject);
  }

  #forgetIdle({ subject }: Subject): void {
    if (this.#gates.get(subject)?.isIdle) this.#gates.delete(subject);
  }
}
