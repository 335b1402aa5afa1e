import type { CatalogueEntry } from './entry.ts';

/** What ends a run, keeps a conversation from being shortened, or comes of the sandbox. */
export const runErrors = {
  // Compaction
  compaction_did_not_shrink: {
    status: 409,
    sentence:
      'The conversation does not fit into {model}, and a shorter form of it would not either: {why} Nothing was changed. Continue with a model with a larger window, or start a new thread.',
  },
  compaction_active: {
    status: 409,
    sentence: 'This conversation is being shortened already. Wait for that to end, or stop it.',
  },
  compaction_stopped: { status: 409, sentence: 'The shortening was stopped. Nothing was changed.' },
  compaction_failed: {
    status: 502,
    sentence: '{model} wrote no summary. Choose another model for it, or take an outline, which needs none.',
  },
  nothing_to_compact: {
    status: 409,
    sentence: 'There is nothing to shorten: this conversation has no finished turn before its last message.',
  },
  // Agent
  step_limit: {
    status: 409,
    sentence: 'The run stopped after {limit} steps. Send a message to let it go on.',
  },
  loop_detected: {
    status: 409,
    sentence:
      'The run stopped: the same call was made {count} times with the same result. Say what to do differently.',
  },
  budget_reached: {
    status: 402,
    sentence: 'This thread reached its budget of ${budget}. Raise the budget and send a message to go on.',
  },
  truncated_tool_call: {
    status: 502,
    sentence: 'The answer was cut off within a tool call; the call was neither shown nor run.',
  },
  served_model_differs: {
    status: 409,
    sentence:
      '{asked} was asked, and {served} answered. The run paused after that answer, as this thread is set. Continue, or choose another model.',
  },
  interrupted: {
    status: 409,
    sentence:
      'The server stopped in the middle of this run. Nothing is repeated by itself; send a message to go on.',
  },
  // Sandbox
  sandbox_unavailable: { status: 503, sentence: 'Commands cannot run: {reason} {remedy}' },
  sandbox_gone: { status: 410, sentence: 'The sandbox of this thread is gone. {remedy}' },
  sandbox_unreachable: {
    status: 503,
    sentence: 'The sandbox does not answer. Your files are still in it; try again.',
  },
  path_outside_workspace: {
    status: 400,
    sentence: 'The path "{path}" is outside the workspace. Use a path relative to it.',
  },
  file_not_found: { status: 404, sentence: 'There is no file "{path}" in the workspace.' },
  file_too_large: { status: 413, sentence: '"{path}" is larger than {limit}.' },
  not_a_file: { status: 400, sentence: '"{path}" is not a file.' },
} as const satisfies Record<string, CatalogueEntry>;
