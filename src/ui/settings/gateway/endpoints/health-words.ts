import type { EndpointHealthState } from '#protocol/answers.ts';
import { duration } from '#ui/client/format.ts';

const reasons: Record<NonNullable<EndpointHealthState['out']>, string> = {
  failing: 'left out, it fails',
  'rate-limited': 'left out, it is limited',
  'refused-key': 'left out, its key is refused',
};

/** How an endpoint is, and the colour of it. */
export function healthWords({
  breaker,
  out,
  untilMs,
  requests,
}: Pick<EndpointHealthState, 'breaker' | 'out' | 'untilMs' | 'requests'>): { words: string; colour: string } {
  if (out !== null) {
    const until = untilMs === null ? '' : `; tried again in ${duration(untilMs)}`;
    return { words: reasons[out] + until, colour: 'text-del-ink' };
  }
  if (breaker !== 'closed') return { words: 'being tried again', colour: 'text-warn-ink' };
  return requests > 0
    ? { words: 'well', colour: 'text-add-ink' }
    : { words: 'not asked lately', colour: 'text-mute' };
}
