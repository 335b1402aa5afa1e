import type { AnsweredCall, Conversation, Step } from './conversation.ts';
import { faulty, mended, sourcePath, testCommand, testPath } from './project.ts';
import { outcomeOf, testsPassed } from './outcome.ts';
import * as say from './sentences.ts';

const needed = ['list_files', 'search_text', 'read_file', 'edit_file', 'run_terminal_command'];
/** What asks for the one task of the script, or to go on with it. */
const task = /\b(fix|bug|fail(s|ed|ing)?|repair|mend|broken|run the tests?)\b/i;
const goOn = /^(go on|continue|again|try again|retry|resume|proceed|yes|ok|okay|sure|do it|please)\b/i;
/** So often a change or a run is tried in one turn. */
const mostTries = 3;

/**
 * The next step of the demo. It remembers nothing: everything is read from the conversation, so that another model may
 * take over at any point, and this one from another.
 */
export function nextStep({ words, calls, tools }: Conversation): Step {
  const able = needed.every((name) => tools.includes(name));
  if (!able || (calls.length === 0 && !task.test(words) && !goOn.test(words))) return say.whatThisIs(able);
  const last = calls.at(-1);
  const lastOutcome = last ? outcomeOf(last) : null;
  if (last && lastOutcome === 'rejected') return say.afterRejection(last);
  if (last && lastOutcome === 'words') return say.afterWords(last);
  const step = work(calls.filter((call) => ['done', 'failed'].includes(outcomeOf(call))));
  if (lastOutcome !== 'other-model') return step;
  return { ...step, text: `I take over from the other model here. ${step.text}` };
}

/** @param calls those that really ran */
function work(calls: readonly AnsweredCall[]): Step {
  const listing = calls.findLast(({ name }) => name === 'list_files');
  if (!listing) return say.lookAround();
  if (listing.failed) return say.trouble(listing);
  if (![sourcePath, testPath].every((path) => listing.result.split('\n').includes(path)))
    return say.otherProject();
  const read = lastIndex(calls, 'read_file', sourcePath);
  const source = calls[read];
  if (!source) return say.readBoth();
  if (source.failed) return say.trouble(source);
  return workOnSource(calls, read, source.result);
}

function workOnSource(calls: readonly AnsweredCall[], read: number, source: string): Step {
  const since = calls.slice(read + 1);
  const edit = since.findLast(({ name }) => name === 'edit_file' || name === 'write_file');
  const run = since.slice(edit ? since.indexOf(edit) + 1 : 0).findLast(isRun);
  const everEdited = calls.some((call) => call.name === 'edit_file' && !call.failed);
  if (run && testsPassed(run)) return say.finished(everEdited);
  const failures = calls.filter((call) => call.failed && (isRun(call) || call.name === 'edit_file'));
  const newest = failures.at(-1);
  if (newest && failures.length >= mostTries) return say.givesUp(newest);
  if (run) return say.ran(run) ? say.readAgain(run) : say.trouble(run);
  if (edit) return edit.failed ? say.readAgain(edit) : say.runTest(true);
  if (source.includes(faulty)) return say.proposeEdit();
  // The line is right, and a run with it has failed already: the script knows no other bug.
  if (newest && isRun(newest)) return say.givesUp(newest);
  return source.includes(mended) ? say.runTest(false) : say.unknownSource();
}

function isRun({ name, args }: AnsweredCall): boolean {
  return name === 'run_terminal_command' && String(args.command).includes(testCommand);
}

function lastIndex(calls: readonly AnsweredCall[], name: string, path: string): number {
  return calls.findLastIndex((call) => call.name === name && call.args.path === path);
}
