import type { EndpointHealthState } from '#protocol/answers.ts';
import type { AttemptOutcome, Candidate } from '../v1/types.ts';
import type { BreakerSettings, Pass } from './breaker.ts';
import { EndpointHealth } from './endpoint-health.ts';

/** Milliseconds without a key that was refused. */
const deniedMs = 600_000;
/** Clients name models as they like: what was not used for longest is forgotten. */
const mostEntries = 1_000;

export interface WarningLogger {
  warn(details: object, message: string): void;
}

interface Entry {
  candidate: Candidate;
  health: EndpointHealth;
}

/** Health of every model behind every key, fed by the ends of attempts only. One key's failures are no other key's. */
export class HealthBoard {
  readonly #entries = new Map<string, Entry>();
  /** Until when a key is left out, for all its models or for one. */
  readonly #denied = new Map<string, number>();
  readonly #passes = new WeakMap<Candidate, { entry: Entry; pass: Pass }>();
  readonly #now: () => number;
  readonly #logger: WarningLogger;
  #settings: BreakerSettings;

  /** @param now monotonic milliseconds */
  constructor(settings: BreakerSettings, now: () => number, logger: WarningLogger) {
    this.#settings = settings;
    this.#now = now;
    this.#logger = logger;
  }

  /** New breakers with these settings; what is under way is reported to nobody. */
  configure(settings: BreakerSettings): void {
    this.#settings = settings;
    this.#entries.clear();
  }

  /** Whether a request may go there as things stand. */
  admits(candidate: Candidate): boolean {
    const now = this.#now();
    if (now < this.#deniedUntil(candidate)) return false;
    return this.#entries.get(keyOf(candidate))?.health.admits(now) ?? true;
  }

  load(candidate: Candidate): number {
    return this.#entries.get(keyOf(candidate))?.health.load(this.#now()) ?? 0;
  }

  /** The better of those that are left out comes first: failing, then limited, then with a refused key; and the sooner. */
  leastBad(candidates: readonly Candidate[]): Candidate[] {
    const ranks = { failing: 0, 'rate-limited': 1, 'refused-key': 2 };
    const states = candidates.map((candidate) => ({ candidate, state: this.#state(candidate) }));
    const rank = ({ out }: EndpointHealthState) => (out ? ranks[out] : 0);
    return states
      .sort(
        ({ state: left }, { state: right }) =>
          rank(left) - rank(right) || (left.untilMs ?? 0) - (right.untilMs ?? 0),
      )
      .map(({ candidate }) => candidate);
  }

  /** @see Router.begin */
  begin(candidate: Candidate, force: boolean): boolean {
    const now = this.#now();
    if (!force && now < this.#deniedUntil(candidate)) return false;
    const entry = this.#entry(candidate);
    const pass = entry.health.enter(now, force);
    if (pass) this.#passes.set(candidate, { entry, pass });
    return pass !== null;
  }

  /** @see Router.report */
  report(candidate: Candidate, outcome: AttemptOutcome): void {
    const begun = this.#passes.get(candidate);
    if (!begun) return;
    this.#passes.delete(candidate);
    begun.entry.health.leave(begun.pass, outcome, this.#now());
    if (outcome.kind === 'denied') this.#deny(candidate, outcome.onlyModel ? keyOf(candidate) : candidate.id);
    if (outcome.kind !== 'ok') return;
    this.#denied.delete(candidate.id);
    this.#denied.delete(keyOf(candidate));
  }

  /** Milliseconds that a request should wait when these are all its ways; 0 when one of them can be asked now. */
  waitMs(candidates: readonly Candidate[]): number {
    const now = this.#now();
    const waits = candidates.map((each) => this.#entries.get(keyOf(each))?.health.waitMs(now) ?? 0);
    return waits.length ? Math.min(...waits) : 0;
  }

  /** Of all that was asked, and of these. */
  states(others: readonly Candidate[]): EndpointHealthState[] {
    const asked = [...this.#entries.values()].map(({ candidate }) => candidate);
    const all = new Map([...others, ...asked].map((candidate) => [keyOf(candidate), candidate]));
    return [...all.values()].map((candidate) => this.#state(candidate));
  }

  /** Once, until the key works again: each request says it to its caller anyway. */
  #deny({ connection, target }: Candidate, what: string): void {
    const isNews = !this.#denied.has(what);
    this.#denied.set(what, this.#now() + deniedMs);
    if (this.#denied.size > mostEntries) this.#denied.delete(String(this.#denied.keys().next().value));
    if (!isNews) return;
    const { apiKeyVariable: key } = connection;
    this.#logger.warn(
      { provider: target.provider, model: target.model, key, minutes: deniedMs / 60_000 },
      'a provider refuses a key: it is left out where there is another one',
    );
  }

  #deniedUntil(candidate: Candidate): number {
    if (this.#denied.size === 0) return 0;
    return Math.max(this.#denied.get(candidate.id) ?? 0, this.#denied.get(keyOf(candidate)) ?? 0);
  }

  #state(candidate: Candidate): EndpointHealthState {
    const now = this.#now();
    const { id, target, connection } = candidate;
    const health = this.#entries.get(keyOf(candidate))?.health ?? new EndpointHealth(this.#settings);
    const { requests, bad } = health.breaker.sums(now);
    return {
      id,
      provider: target.provider,
      model: target.model,
      key: connection.apiKey === null ? null : connection.apiKeyVariable,
      requests,
      errorRatio: requests ? bad / requests : null,
      latencyMs: health.latencyMs === null ? null : Math.round(health.latencyMs),
      breaker: health.breaker.state(now),
      ...this.#outOf(candidate, health, now),
    };
  }

  #outOf(
    candidate: Candidate,
    health: EndpointHealth,
    now: number,
  ): Pick<EndpointHealthState, 'out' | 'untilMs'> {
    const left = (until: number) => Math.ceil(until - now);
    const denied = this.#deniedUntil(candidate);
    if (denied > now) return { out: 'refused-key', untilMs: left(denied) };
    if (health.limitedUntil > now) return { out: 'rate-limited', untilMs: left(health.limitedUntil) };
    const { until } = health.breaker;
    return until === null
      ? { out: null, untilMs: null }
      : { out: 'failing', untilMs: Math.max(0, left(until)) };
  }

  #entry(candidate: Candidate): Entry {
    const key = keyOf(candidate);
    const known = this.#entries.get(key);
    this.#entries.delete(key);
    const entry = known ?? { candidate, health: new EndpointHealth(this.#settings) };
    this.#entries.set(key, entry);
    if (this.#entries.size > mostEntries) this.#forget();
    return entry;
  }

  #forget(): void {
    for (const [key, { health }] of this.#entries) {
      if (!health.idle) continue;
      this.#entries.delete(key);
      return;
    }
  }
}

function keyOf({ id, target }: Candidate): string {
  return `${id} ${target.model}`;
}
