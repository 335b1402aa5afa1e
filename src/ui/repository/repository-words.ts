import type { GitView } from '#protocol/workspace.ts';
import type { Pushed } from '#ui/client/workspace-api.ts';

/** How a repository stands, beside the name of its branch. */
export function repositoryWords({ changed, ahead, behind }: GitView): string {
  const parts = [changed === 0 ? 'nothing changed' : `${changed} changed`];
  if (ahead > 0) parts.push(`${ahead} ahead`);
  if (behind > 0) parts.push(`${behind} behind`);
  return parts.join(' · ');
}

/** What a push came to, with the beginning of the commit's name. */
export function pushWords({ branch, commit, repository, isNew }: Pushed): string {
  return isNew
    ? `Pushed ${branch} to ${repository}, up to ${commit.slice(0, 7)}.`
    : `All of ${branch} was in ${repository} already.`;
}
