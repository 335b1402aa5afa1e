import { CrosspointError } from '#protocol/errors.ts';
import type { RateLimitPolicy } from './types.ts';

const grammar = /^(\d{1,12});w=(\d{1,12})(?:;u=(request|cents))?(?:;s=([A-Za-z0-9_-]+))?$/i;
const [shortest, longest] = [60, 31_536_000];

/**
 * `Helicone-RateLimit-Policy`. Helicone itself lets a policy that it cannot read pass without a limit; whoever sends one
 * wants a limit, so it is refused here.
 * @throws CrosspointError `bad_request` that says the grammar
 */
export function readPolicy(text: string): RateLimitPolicy {
  const [, quota, window, unit = 'request', segment = 'global'] = grammar.exec(text.trim()) ?? [];
  const policy = { quota: Number(quota), window: Number(window) };
  if (!(policy.quota >= 1 && policy.window >= shortest && policy.window <= longest)) throw refused();
  const lower = { unit: unit.toLowerCase() as RateLimitPolicy['unit'], segment: segment.toLowerCase() };
  return { ...policy, ...lower, text: normalised(policy, lower) };
}

/** As Helicone echoes it: what is the default is left out. */
function normalised(
  { quota, window }: { quota: number; window: number },
  { unit, segment }: Pick<RateLimitPolicy, 'unit' | 'segment'>,
): string {
  const words = [`${quota}`, `w=${window}`];
  if (unit !== 'request') words.push(`u=${unit}`);
  if (segment !== 'global') words.push(`s=${segment}`);
  return words.join(';');
}

function refused(): CrosspointError {
  return new CrosspointError('bad_request', {
    detail:
      'Helicone-RateLimit-Policy is "[quota];w=[seconds];u=[request|cents];s=[user|a property]" in this order, with a quota ' +
      'of at least 1 and 60 to 31536000 seconds; u and s may be left out. Example: "1000;w=3600;u=request;s=user".',
  });
}
