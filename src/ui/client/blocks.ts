import { plural } from './format.ts';
import type { AnswerEntry, Call, Entry, ForkEntry, NoteEntry, UserEntry } from './entries.ts';

/** One step of a quiet block: thinking, or a call that changes nothing. */
export type Step =
  { kind: 'reasoning'; key: string; answer: AnswerEntry } | { kind: 'call'; key: string; call: Call };

/** What one row of the timeline shows. `answers`: whose model and cost the row carries. */
export type Block =
  | { kind: 'user'; key: string; entry: UserEntry }
  | { kind: 'note'; key: string; entry: NoteEntry }
  | { kind: 'fork'; key: string; entry: ForkEntry }
  | { kind: 'answer'; key: string; entry: AnswerEntry }
  | { kind: 'steps'; key: string; steps: Step[]; answers: AnswerEntry[] }
  | { kind: 'call'; key: string; call: Call; answers: AnswerEntry[] };

const loudTools = new Set(['write_file', 'edit_file', 'run_terminal_command', 'execute_code']);

/** Only calls that can change something get a row of their own. */
export const isLoud = (name: string) => loudTools.has(name);

/**
 * Quiet tools, loud decisions: thinking, reads and searches that follow each other fold into one row, over the
 * borders of answers without text. Calls in `pending` are left out: the review card shows them.
 */
export function blocksOf(entries: readonly Entry[], pending: ReadonlySet<string>): Block[] {
  const blocks: Block[] = [];
  for (const entry of entries) {
    if (entry.kind === 'user') blocks.push({ kind: 'user', key: entry.key, entry });
    else if (entry.kind === 'note') blocks.push({ kind: 'note', key: entry.key, entry });
    else if (entry.kind === 'fork') blocks.push({ kind: 'fork', key: entry.key, entry });
    else addAnswer(blocks, entry, pending);
  }
  return blocks;
}

function addAnswer(blocks: Block[], entry: AnswerEntry, pending: ReadonlySet<string>): void {
  const length = blocks.length;
  if (entry.hasText) blocks.push({ kind: 'answer', key: entry.key, entry });
  else if (entry.hasReasoning)
    stepsAtEnd(blocks, `${entry.key}-steps`).steps.push({
      kind: 'reasoning',
      key: `${entry.key}-reasoning`,
      answer: entry,
    });
  for (const call of entry.calls) {
    const key = `call-${call.toolCallId}`;
    if (pending.has(call.toolCallId)) continue;
    if (isLoud(call.name)) blocks.push({ kind: 'call', key, call, answers: [] });
    else stepsAtEnd(blocks, key).steps.push({ kind: 'call', key, call });
  }
  if (entry.hasText) return;
  const last = blocks.at(-1);
  // Nothing of it is shown yet: the review card names its model.
  const shown = blocks.length > length || entry.hasReasoning || entry.calls.length > 0;
  if (shown && (last?.kind === 'steps' || last?.kind === 'call')) last.answers.push(entry);
}

function stepsAtEnd(blocks: Block[], key: string): Extract<Block, { kind: 'steps' }> {
  const last = blocks.at(-1);
  if (last?.kind === 'steps') return last;
  const block: Block = { kind: 'steps', key, steps: [], answers: [] };
  blocks.push(block);
  return block;
}

/** "Thought, read 4 files, searched “throw error(”" */
export function describeSteps(steps: readonly Step[]): string {
  const calls = steps.flatMap((step) => (step.kind === 'call' ? [step.call] : []));
  const phrases = [
    ...(steps.some((step) => step.kind === 'reasoning') ? ['thought'] : []),
    ...phraseFor(calls, ['list_files'], (list) =>
      list.length === 1
        ? `listed ${argument(list[0], 'path') || 'the files'}`
        : `listed ${list.length} folders`,
    ),
    ...phraseFor(calls, ['read_file'], (list) =>
      list.length === 1 ? `read ${argument(list[0], 'path')}` : `read ${plural(list.length, 'file')}`,
    ),
    ...phraseFor(calls, ['search_text', 'search_code', 'web_search'], (list) =>
      list.length === 1 ? `searched “${searched(list[0])}”` : `searched ${list.length} times`,
    ),
    ...otherPhrases(calls),
  ];
  const sentence = phrases.join(', ');
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

const described = ['list_files', 'read_file', 'search_text', 'search_code', 'web_search'];

const spoken: Record<string, string> = {
  update_plan: 'updated the plan',
  explore: 'sent a subagent',
  read_page: 'read a page',
  read_output: 'read on in an output',
  recall: 'looked up earlier messages',
  load_skill: 'loaded a skill',
};

function otherPhrases(calls: Call[]): string[] {
  const names = new Set(calls.map((call) => call.name).filter((name) => !described.includes(name)));
  return [...names].map((name) => spoken[name] ?? `used ${shownName(name)}`);
}

function phraseFor(calls: Call[], names: string[], phrase: (list: Call[]) => string): string[] {
  const list = calls.filter((call) => names.includes(call.name));
  return list.length === 0 ? [] : [phrase(list)];
}

function searched(call: Call | undefined): string {
  return argument(call, 'pattern') || argument(call, 'query');
}

/** "docs: search" for a tool of an MCP server. */
export function shownName(name: string): string {
  const [, server, tool] = /^mcp__([^_]+)__(.+)$/.exec(name) ?? [];
  return (tool ? `${server}: ${tool}` : name).replaceAll('_', ' ');
}

/** An argument as text; empty when the model sent something else. */
export function argument(call: Pick<Call, 'args'> | undefined, name: string): string {
  const value = call?.args[name];
  return typeof value === 'string' ? value : '';
}
