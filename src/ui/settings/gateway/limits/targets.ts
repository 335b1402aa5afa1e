import { useApp } from '#ui/client/app.svelte.ts';
import type { LimitTarget } from '../config-changes.ts';

/** Whom a limit can be for, and what each is called. */
export function useTargets() {
  const app = useApp();
  const providers = () => app.config?.providers ?? [];

  function nameOf(target: LimitTarget): string {
    if (target === 'all') return 'Everything together';
    if (target === 'end-users') return 'Each end user';
    const id = target.slice(target.indexOf(':') + 1);
    if (target.startsWith('user:')) return id === '*' ? 'Each user' : `User ${id}`;
    return providers().find((provider) => provider.id === id)?.label ?? id;
  }

  const all = (): LimitTarget[] => [
    'all',
    'user:*',
    'end-users',
    ...providers().map(({ id }) => `provider:${id}` as const),
  ];
  return { nameOf, all };
}

/** Money is counted for everything and for users, requests and tokens for all but everything. */
export const hasBudget = (target: LimitTarget) => target === 'all' || target.startsWith('user:');
export const hasLimits = (target: LimitTarget) => target !== 'all';
