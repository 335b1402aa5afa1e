import type { Dialect, Effort } from '../types.ts';

const nearest: Partial<Record<Effort, Effort>> = { minimal: 'low', xhigh: 'high', max: 'xhigh' };

/**
 * A model's own word for an effort: as its dialect says, else the nearest of those that it knows.
 * @param known what models of this wire call by its own name
 */
export function effortName(effort: Effort, dialect: Dialect, known: readonly Effort[]): string {
  for (let next: Effort | undefined = effort; next; next = nearest[next]) {
    const named = dialect.efforts?.[next];
    if (named) return named;
    if (known.includes(next)) return next;
  }
  return effort;
}

export const commonEfforts: readonly Effort[] = ['low', 'medium', 'high'];
