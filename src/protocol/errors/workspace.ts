import type { CatalogueEntry } from './entry.ts';

/** What comes of a workspace: its files, its history, its terminals and previews, its repository. */
export const workspaceErrors = {
  file_changed: {
    status: 409,
    sentence:
      '"{path}" was changed by somebody else meanwhile. Nothing was written: look at it and save again.',
  },
  plan_changed: {
    status: 409,
    sentence:
      'The files are not those that were shown any more. Nothing was changed: look at what would change now.',
  },
  no_history: { status: 409, sentence: 'Changes are not recorded here: {reason}' },
  snapshot_failed: {
    status: 500,
    sentence: 'The files could not be saved outside of the sandbox: {reason} They are still in it.',
  },
  restore_failed: {
    status: 500,
    sentence:
      'The saved files could not be put into a new sandbox: {reason} They are kept, and it is tried again.',
  },
  workspace_not_empty: {
    status: 409,
    sentence: 'The workspace is not empty. Start a new thread for that, so that nothing is overwritten.',
  },
  unsupported_by_sandbox: { status: 400, sentence: '{what} is not possible in this sandbox. {remedy}' },
  sandbox_busy: {
    status: 429,
    sentence: 'The sandbox service takes no more at the moment. Try again in {seconds} s.',
  },
  port_closed: { status: 502, sentence: 'Nothing answers on port {port} of the sandbox.' },
  too_many_terminals: {
    status: 409,
    sentence: 'This thread has {limit} terminals already. Close one of them.',
  },
  git_failed: { status: 400, sentence: 'git: {detail}' },
  push_not_configured: {
    status: 400,
    sentence: 'Pushing needs a token: set GITHUB_TOKEN and start again. It never reaches the sandbox.',
  },
  folder_not_allowed: {
    status: 403,
    sentence: 'The folder "{folder}" cannot be used: {reason}',
  },
} as const satisfies Record<string, CatalogueEntry>;
