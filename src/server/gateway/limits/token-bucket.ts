/** How many tokens a bucket holds and in how many milliseconds it fills from empty. */
export interface Rate {
  quota: number;
  windowMs: number;
  /** What was asked for: another text is another policy on the same bucket. */
  text: string;
}

/**
 * A token bucket that refills when it is looked at. `level` is its tokens times `windowMs`: a millisecond adds exactly
 * `quota`, so that whole requests are counted without rounding.
 */
export interface Bucket {
  rate: Rate;
  level: number;
  /** Steady milliseconds of `level`. */
  at: number;
}

/** What one call takes: `amount` tokens when there are `atLeast` so many, or any at all. */
export interface Demand {
  amount: number;
  atLeast: number | 'any';
}

/** What a bucket says. `afterMs`: until the same demand is met when nobody else takes; 0 when it was met. */
export interface Verdict {
  allowed: boolean;
  tokens: number;
  afterMs: number;
  fullAfterMs: number;
}

export function fullBucket(rate: Rate, now: number): Bucket {
  return { rate, level: rate.quota * rate.windowMs, at: now };
}

/** Brings a bucket up to now. Another policy keeps what is in it, at most its own quota, and starts the clock anew. */
export function refresh(bucket: Bucket, rate: Rate, now: number): void {
  const { rate: old } = bucket;
  if (old.text === rate.text) {
    const grown = bucket.level + Math.max(0, now - bucket.at) * old.quota;
    bucket.level = Math.min(old.quota * old.windowMs, grown);
  } else {
    bucket.level = Math.min(bucket.level / old.windowMs, rate.quota) * rate.windowMs;
    bucket.rate = rate;
  }
  bucket.at = now;
}

/** Takes from a refreshed bucket, only when the demand is met. */
export function take(bucket: Bucket, { amount, atLeast }: Demand): Verdict {
  const { windowMs } = bucket.rate;
  const allowed = atLeast === 'any' ? bucket.level > 0 : bucket.level >= atLeast * windowMs;
  if (allowed) bucket.level -= amount * windowMs;
  return { allowed, afterMs: allowed ? 0 : untilMet(bucket, atLeast), ...stateOf(bucket) };
}

/** Puts tokens back, or with a negative amount takes them whatever is there. */
export function add(bucket: Bucket, amount: number): void {
  const { quota, windowMs } = bucket.rate;
  bucket.level = Math.min(quota * windowMs, bucket.level + amount * windowMs);
}

function untilMet({ level, rate }: Bucket, atLeast: Demand['atLeast']): number {
  if (atLeast === 'any') return Math.floor(-level / rate.quota) + 1;
  return Math.ceil((atLeast * rate.windowMs - level) / rate.quota);
}

function stateOf({ level, rate }: Bucket): Pick<Verdict, 'tokens' | 'fullAfterMs'> {
  const missing = rate.quota * rate.windowMs - level;
  return { tokens: level / rate.windowMs, fullAfterMs: Math.max(0, missing / rate.quota) };
}
