import type { Machine } from '../machine/machine.ts';

export interface Emulated {
  id: string;
  machine: Machine;
  labels: Record<string, string>;
  state: 'started' | 'stopped' | 'archived' | 'destroyed';
  previewToken: string;
  lastActivityAt: string;
  /** States that are told before the one that it is in, one for each look; a start is refused meanwhile. */
  passing: string[];
}

/** What goes wrong next; each counts down with the requests that it meets. */
export interface Faults {
  /** Answers of 502 to requests to a sandbox. */
  badGateways: number;
  /** Answers of 429 of the API; `retryAfter` in seconds. */
  tooMany: { times: number; retryAfter?: number };
  /** The API answers 500. */
  apiDown: boolean;
  /** The API answers 403: a quota, or a suspended account. */
  forbidden: boolean;
  /** Creating makes the sandbox, and its answer is lost. */
  lostAnswers: number;
}
