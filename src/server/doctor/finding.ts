/** One line of the diagnosis. */
export interface Finding {
  /** `ok`: works. `off`: not configured, and nothing is wrong with that. `bad`: asked for, or needed, and does not work. */
  state: 'ok' | 'off' | 'bad';
  subject: string;
  detail: string;
  /** The one line that mends it, or adds it. */
  remedy?: string;
}

/** A check finds out one thing, or several of a kind. It does not throw: what is wrong is what it finds. */
export type Check = () => Promise<Finding[]>;
