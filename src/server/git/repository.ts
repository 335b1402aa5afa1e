import { CrosspointError } from '#protocol/errors.ts';
import type { GitView } from '#protocol/workspace.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';

/**
 * The person's repository. git runs inside the sandbox only: a repository can make it run anything (`core.fsmonitor`,
 * hooks, filters). What a person typed goes in as a variable, never as a part of the command.
 */

const cloneTimeoutMs = 600_000;
const maxListed = 500;
const maxError = 2_000;

/** Branch, what is changed and where it came from. */
export async function viewRepository(sandbox: Sandbox): Promise<GitView> {
  const inside = await sandbox.exec('git rev-parse --show-toplevel');
  // A folder above the workspace is not the person's repository.
  if (inside.exitCode !== 0 || inside.stdout.trim() !== sandbox.workdir) return noRepository;
  const status = await git(sandbox, 'git status --porcelain=v2 --branch -z');
  const branches = await git(sandbox, "git for-each-ref --format='%(refname:short)' refs/heads");
  // As it is written, which is where a push goes: `git remote -v` would show what `insteadOf` makes of it.
  const remotes = await git(
    sandbox,
    String.raw`git config -z --get-regexp '^remote\..*\.url$' || [ $? = 1 ]`,
  );
  return {
    repository: true,
    ...readStatus(status),
    branches: branches.split('\n').filter(Boolean).slice(0, maxListed),
    remotes: readRemotes(remotes),
  };
}

const noRepository: GitView = {
  repository: false,
  branch: null,
  ahead: 0,
  behind: 0,
  changed: 0,
  branches: [],
  remotes: [],
};

/** @throws `workspace_not_empty`, `git_failed` */
export async function cloneRepository(sandbox: Sandbox, url: string, branch?: string): Promise<void> {
  const entries = await sandbox.files.list('.', { maxEntries: 1 });
  if (entries.length) throw new CrosspointError('workspace_not_empty');
  const command = `git clone --quiet ${branch === undefined ? '' : '--branch "$BRANCH"'} -- "$ADDRESS" .`;
  await git(sandbox, command, { ADDRESS: url, BRANCH: branch ?? '' }, cloneTimeoutMs);
}

/** Makes a branch at the current commit and goes on there; the changes come along. @throws `git_failed` */
export async function startBranch(sandbox: Sandbox, name: string): Promise<void> {
  // `--` is no option of `git switch -c`, so a name that looks like an option is refused by its form.
  await git(sandbox, 'git check-ref-format --branch "$NAME"', { NAME: name });
  await git(sandbox, 'git switch --quiet --create "$NAME"', { NAME: name });
}

/** Commits everything that is changed, under the name that git is configured with, or ours. @throws `git_failed` */
export async function commitAll(sandbox: Sandbox, message: string): Promise<void> {
  const name =
    'git config user.email >/dev/null || export GIT_AUTHOR_NAME=Crosspoint GIT_AUTHOR_EMAIL=crosspoint@localhost GIT_COMMITTER_NAME=Crosspoint GIT_COMMITTER_EMAIL=crosspoint@localhost';
  await git(sandbox, `${name}; git add --all && git commit --quiet --file=-`, {}, undefined, message);
}

/** Runs git, or a script of it, in the sandbox. @throws `git_failed` with what it said */
export async function git(
  sandbox: Sandbox,
  command: string,
  env: Record<string, string> = {},
  timeoutMs?: number,
  stdin?: string,
): Promise<string> {
  const result = await sandbox.exec(command, {
    // No question is ever asked: nobody would see it.
    env: { ...env, GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0' },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(stdin === undefined ? {} : { stdin: Buffer.from(stdin) }),
  });
  if (result.exitCode === 0) return result.stdout;
  const said = (result.stderr.trim() || result.stdout.trim()).slice(0, maxError);
  const detail = result.timedOut ? 'it took too long and was stopped.' : said || 'it failed.';
  throw new CrosspointError('git_failed', { detail });
}

/** https://git-scm.com/docs/git-status, "Porcelain Format Version 2", with `-z`. */
function readStatus(text: string): Pick<GitView, 'branch' | 'ahead' | 'behind' | 'changed'> {
  const view = { branch: null as string | null, ahead: 0, behind: 0, changed: 0 };
  const entries = text.split('\0');
  for (let index = 0; index < entries.length; index += 1) {
    const entry = entries[index] ?? '';
    const ahead = /^# branch\.ab \+(\d+) -(\d+)$/.exec(entry);
    if (entry.startsWith('# branch.head ')) {
      const head = entry.slice('# branch.head '.length);
      view.branch = head === '(detached)' ? null : head;
    } else if (ahead) {
      [view.ahead, view.behind] = [Number(ahead[1]), Number(ahead[2])];
    } else if (/^[12u?] /.test(entry)) {
      view.changed += 1;
      // A rename is followed by its old path.
      if (entry.startsWith('2 ')) index += 1;
    }
  }
  return view;
}

/** Key, line feed, value; of two addresses git takes the last. */
function readRemotes(text: string): GitView['remotes'] {
  const remotes = new Map<string, string>();
  for (const entry of text.split('\0')) {
    const [, name, url] = /^remote\.([^]+?)\.url\n([^]*)$/.exec(entry) ?? [];
    if (name !== undefined && url !== undefined) remotes.set(name, withoutPassword(url));
  }
  return [...remotes].map(([name, url]) => ({ name, url }));
}

/** A password that somebody put into the address is shown to nobody. */
function withoutPassword(url: string): string {
  return url.replace(/^([a-z+]+:\/\/)[^/@]*@/, '$1');
}
