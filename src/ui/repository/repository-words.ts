import type { GitView } from '#protocol/workspace.ts';

/** How a repository stands, beside the name of its branch. */
export function repositoryWords({ changed, ahead, behind }: GitView): string {
  const parts = [changed === 0 ? 'nothing changed' : `${changed} changed`];
  if (ahead > 0) parts.push(`${ahead} ahead`);
  if (behind > 0) parts.push(`${behind} behind`);
  return parts.join(' · ');
}
