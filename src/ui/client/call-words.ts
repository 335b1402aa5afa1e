import { planAfter, planProgress, planTool } from '#protocol/plan.ts';
import type { FileDiff } from '#protocol/review.ts';
import { argument, shownName } from './blocks.ts';
import type { Call } from './entries.ts';

type ShownCall = Pick<Call, 'name' | 'args'>;

/** In the order: to be done, being done, done. */
const verbs: Record<string, [string, string, string]> = {
  write_file: ['Write', 'Writing', 'Wrote'],
  edit_file: ['Edit', 'Editing', 'Edited'],
  run_terminal_command: ['Run', 'Running', 'Ran'],
  execute_code: ['Run', 'Running', 'Ran'],
  read_file: ['Read', 'Reading', 'Read'],
  list_files: ['List', 'Listing', 'Listed'],
  search_text: ['Search', 'Searching', 'Searched'],
  search_code: ['Search', 'Searching', 'Searched'],
  update_plan: ['Update the plan', 'Updating the plan', 'Updated the plan'],
  explore: ['Explore:', 'Exploring:', 'Explored:'],
  read_output: ['Read on in', 'Reading on in', 'Read on in'],
  recall: ['Look up', 'Looking up', 'Looked up'],
  load_skill: ['Load the skill', 'Loading the skill', 'Loaded the skill'],
  web_search: ['Search the web for', 'Searching the web for', 'Searched the web for'],
  read_page: ['Read', 'Reading', 'Read'],
};

/** "Edited", "Running", "Not run: write": what became of a call, in front of its target. */
export function callVerb(call: Pick<Call, 'name' | 'state' | 'status' | 'decision'>): string {
  const name = shownName(call.name);
  const [todo, doing, done] = verbs[call.name] ?? [`Use ${name}:`, `Using ${name}:`, `Used ${name}:`];
  if (call.status === 'rejected' || (!call.status && call.decision?.action === 'rejected'))
    return `Rejected: ${todo.toLowerCase()}`;
  if (call.status === 'not_run' || call.status === 'interrupted') return `Not run: ${todo.toLowerCase()}`;
  if (call.state === 'running') return doing;
  // "failed" follows: it was not done. A command that failed did run.
  if (call.status === 'error' && !isCommand(call)) return todo;
  return call.state === 'finished' ? done : todo;
}

/** What a call is about: a path, a command, the words of a search. One line. */
export function callTarget({ name, args }: ShownCall): string {
  const call = { args };
  if (name === 'run_terminal_command') return argument(call, 'command').trim().split('\n', 1)[0] ?? '';
  if (name === 'execute_code') return argument(call, 'language') || 'code';
  if (name.startsWith('search') || name === 'web_search')
    return argument(call, 'pattern') || argument(call, 'query');
  if (name === 'read_output') return 'a long output';
  if (name === 'recall') return argument(call, 'query') || 'earlier messages';
  if (name === 'load_skill') return argument(call, 'name');
  if (name === 'read_page') return argument(call, 'url');
  if (name === 'list_files') return argument(call, 'path') || argument(call, 'glob') || 'the workspace';
  if (name === planTool) return planWords(args);
  if (name === 'explore') return argument(call, 'task').trim().split('\n', 1)[0] ?? '';
  return argument(call, 'path');
}

const isCommand = ({ name }: Pick<Call, 'name'>) =>
  name === 'run_terminal_command' || name === 'execute_code';

function planWords(args: Call['args']): string {
  const { done, total } = planProgress(planAfter([{ name: planTool, args, status: 'ok' }]));
  return `${done} of ${total} done`;
}

/** How a finished call ended, when that is worth a word. */
export function callOutcome({ status, exitCode }: Pick<Call, 'status' | 'exitCode'>): string {
  if (exitCode !== undefined && exitCode !== 0) return `exit ${exitCode}`;
  if (status === 'error') return 'failed';
  if (status === 'outcome_unknown') return 'outcome unknown';
  return '';
}

/** What is shown of a call's change when the file's own diff is not at hand any more: what the arguments say. */
export function changesOf(call: ShownCall & { diff?: FileDiff }): { before: string; after: string }[] {
  if (call.diff) return [call.diff];
  if (call.name === 'write_file') return [{ before: '', after: argument(call, 'content') }];
  if (call.name !== 'edit_file' || !Array.isArray(call.args.edits)) return [];
  return (call.args.edits as unknown[]).flatMap((edit) => {
    if (typeof edit !== 'object' || edit === null) return [];
    const { oldText, newText } = edit as { oldText?: unknown; newText?: unknown };
    return typeof oldText === 'string' && typeof newText === 'string'
      ? [{ before: oldText, after: newText }]
      : [];
  });
}
