import type { Answer, AnsweredCall, Asked, Script } from '#tests/upstreams/index.ts';
import { blockOf, unifiedDiff, v4aPatch, type Block } from './changes.ts';
import type { Exercise } from './exercise.ts';

/** How the oracle writes its changes. */
export type Format = 'edits' | 'v4a' | 'unified' | 'whole' | 'shifted';

/**
 * A model that knows the solution and nothing about the workspace: it searches, reads, proposes, runs the check and stops. It
 * remembers nothing; the next step follows from the results in the conversation, so any model may take over at any point.
 */
export function oracle(exercises: readonly Exercise[]): Script {
  const byName = new Map(exercises.map((exercise) => [exercise.name, exercise]));
  return (asked) => {
    const order = orderIn(asked);
    const exercise = order && byName.get(order.name);
    // The first message only makes the thread whose workspace is then filled.
    return exercise ? nextStep(exercise, order.format, asked) : { text: 'Hello.' };
  };
}

/** The name and the format stand in the person's message. */
function orderIn({ lastUserText }: Asked): { name: string; format: Format } | null {
  const [, name, format] = /\[([\w-]+) (\w+)\]/.exec(lastUserText) ?? [];
  return name && format ? { name, format: format as Format } : null;
}

function nextStep(exercise: Exercise, format: Format, { toolResults, tools }: Asked): Answer {
  const texts = (name: string) =>
    toolResults.filter((result) => result.name === name).map(({ text }) => text);
  const search = tools.includes('search_code') ? 'search_code' : 'list_files';
  if (!texts(search).length)
    return {
      text: 'I look for the place.',
      calls: [{ name: search, args: search === 'search_code' ? { query: exercise.query } : {} }],
    };
  const existing = [...exercise.after.keys()].filter((path) => exercise.before.has(path));
  if (texts('read_file').length < existing.length)
    return { text: 'I read it.', calls: existing.map((path) => ({ name: 'read_file', args: { path } })) };
  const changes = [...texts('edit_file'), ...texts('write_file')];
  const open = [...exercise.after.keys()].find((path) => !changes.some((text) => isDone(text, path)));
  if (open !== undefined) return { text: `I change ${open}.`, calls: [change(exercise, open, format)] };
  const runs = texts('run_terminal_command');
  if (!runs.length)
    return {
      text: 'I run the check.',
      calls: [{ name: 'run_terminal_command', args: { command: exercise.check } }],
    };
  return { text: /^exit code 0\b/.test(runs.at(-1) ?? '') ? 'Solved.' : 'Not solved.' };
}

function isDone(text: string, path: string): boolean {
  const ways = ['Edited', 'Wrote', 'Created'];
  return text.split('\n').some((line) => ways.some((way) => line.startsWith(`${way} ${path}`)));
}

function change({ before, after }: Exercise, path: string, format: Format): AnsweredCall {
  const [old, content] = [before.get(path), after.get(path) as string];
  if (old === undefined || format === 'whole') return { name: 'write_file', args: { path, content } };
  return { name: 'edit_file', args: { path, ...edit(path, blockOf(old, content), format) } };
}

function edit(path: string, block: Block, format: Format): object {
  if (format === 'v4a') return { patch: v4aPatch(path, block) };
  if (format === 'unified') return { patch: unifiedDiff(path, block) };
  const { oldText, newText } = format === 'shifted' ? shifted(block) : block;
  return { edits: [{ oldText, newText }] };
}

/** As models copy from an excerpt: every line further to the right, with spaces at its end. */
function shifted({ oldText, newText }: Block): Pick<Block, 'oldText' | 'newText'> {
  const shift = (text: string) => text.replaceAll(/^(?=[^\n])/gm, '  ');
  return { oldText: shift(oldText), newText: shift(newText) };
}
