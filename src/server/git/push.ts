import { CrosspointError } from '#protocol/errors.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { GitHub, Place, PullRequest } from './github.ts';
import { git } from './repository.ts';

const packMs = 600_000;
const maxRefs = 20_000;
const defaultRemote = 'origin';
const packName = 'push.pack';

export interface Pushed {
  branch: string;
  commit: string;
  /** Where it went, as `owner/name`: what the sandbox calls the remote need not be it. */
  repository: string;
  /** false: it was there already. */
  isNew: boolean;
}

/**
 * Pushes the branch that is checked out. What is missing there is packed inside the sandbox; the pack leaves it, and goes to
 * GitHub with a token that the sandbox never sees. Only forward: what others pushed is never replaced.
 * @throws `git_failed`
 */
export async function pushBranch(sandbox: Sandbox, github: GitHub, remote = defaultRemote): Promise<Pushed> {
  return (await pushTo(sandbox, github, remote)).pushed;
}

async function pushTo(
  sandbox: Sandbox,
  github: GitHub,
  remote: string,
): Promise<{ pushed: Pushed; place: Place }> {
  const { branch, commit, place } = await whatToPush(sandbox, github, remote);
  const refs = await github.refs(place);
  const before = refs.get(`refs/heads/${branch}`) ?? null;
  if (before !== commit) {
    await makePack(sandbox, commit, before, [...refs.values()].slice(0, maxRefs));
    try {
      await github.push(place, { branch, before, after: commit }, sandbox.scratch.read(packName));
    } finally {
      await sandbox.scratch.remove(packName).catch(() => undefined);
    }
  }
  const follow = `git update-ref "refs/remotes/$REMOTE/$BRANCH" "$COMMIT"
    git config "branch.$BRANCH.merge" >/dev/null || { git config "branch.$BRANCH.remote" "$REMOTE" && git config "branch.$BRANCH.merge" "refs/heads/$BRANCH"; }`;
  await git(sandbox, follow, { REMOTE: remote, BRANCH: branch, COMMIT: commit });
  const repository = `${place.owner}/${place.name}`;
  return { pushed: { branch, commit, repository, isNew: before !== commit }, place };
}

/** From the branch that is checked out, which is pushed first. @throws `git_failed` */
export async function openPullRequest(
  sandbox: Sandbox,
  github: GitHub,
  request: { title: string; body: string; base: string | null; draft: boolean },
): Promise<PullRequest> {
  const { pushed, place } = await pushTo(sandbox, github, defaultRemote);
  return github.openPullRequest(place, { ...request, head: pushed.branch });
}

/** All of it is what the sandbox says, so all of it is checked. */
async function whatToPush(
  sandbox: Sandbox,
  github: GitHub,
  remote: string,
): Promise<{ branch: string; commit: string; place: Place }> {
  const said = await git(
    sandbox,
    `git symbolic-ref --short -q HEAD || { echo 'no branch is checked out.' >&2; exit 1; }
     git rev-parse -q --verify 'HEAD^{commit}' || { echo 'nothing is committed yet.' >&2; exit 1; }
     git config --get "remote.$REMOTE.url" || { echo "there is no remote \\"$REMOTE\\"." >&2; exit 1; }`,
    { REMOTE: remote },
  );
  const [branch = '', commit = '', url = ''] = said.split('\n');
  // https://git-scm.com/docs/git-check-ref-format
  const isBranch = /^(?!-)(?!.*(?:\.\.|@\{|\/\/|\.lock$|\/$|\.$))[^\0-\x20~^:?*[\\\x7f]{1,240}$/.test(branch);
  if (!isBranch || !/^[0-9a-f]{40}$/.test(commit))
    throw new CrosspointError('git_failed', { detail: 'the branch has no name that can be pushed.' });
  const place = github.placeOf(url);
  if (!place) throw new CrosspointError('git_failed', { detail: `"${remote}" is no repository on GitHub.` });
  return { branch, commit, place };
}

async function makePack(
  sandbox: Sandbox,
  commit: string,
  before: string | null,
  there: string[],
): Promise<void> {
  const command = `
    if [[ -n $BEFORE ]] && ! git merge-base --is-ancestor "$BEFORE" "$COMMIT" 2>/dev/null; then
      echo 'the branch has commits there that are not here. Fetch and merge them first.' >&2; exit 1
    fi
    { echo "$COMMIT"; git cat-file --batch-check='%(objecttype) %(objectname)' | sed -n 's/^commit /^/p'; } |
      git pack-objects -q --revs --stdout --delta-base-offset >"$PACK"`;
  const env = {
    ...{ COMMIT: commit, BEFORE: before ?? '', PACK: `${sandbox.scratch.folder}/${packName}` },
    // The history as it is, not as a replacement or a graft makes it look: what is packed is the former.
    ...{ GIT_NO_REPLACE_OBJECTS: '1', GIT_GRAFT_FILE: '/dev/null' },
  };
  await git(sandbox, `set -o pipefail\n${command}`, env, packMs, `${there.join('\n')}\n`);
}
