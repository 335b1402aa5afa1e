import type { AnsweredCall, Step } from './conversation.ts';
import { exitCodeOf, wordsOf } from './outcome.ts';
import { demoTask, faulty, mended, sourcePath, testCommand, testPath } from './project.ts';

/** Everything the script says. Each step is plain about what it is: nobody shall take it for an AI. */

const addKey =
  'For a real model, set `OPENAI_API_KEY`, `ANTHROPIC_API_KEY`, `GROQ_API_KEY` or `OPENROUTER_API_KEY` in `.env` and start again, or start a local server such as Ollama; then choose it in the model picker. This conversation goes on with it.';

export function whatThisIs(able: boolean): Step {
  const can = able
    ? `I know one task, on the small sample project of a new conversation: I find the bug that its test shows, propose the fix, and run the test, with real tools, reviews and sandbox. Say this to see it:\n\n> ${demoTask}`
    : 'I know one task on a sample project, and need the tools of an agent for it, which this request does not offer.';
  return {
    reasoning: 'This is not the task that the script knows. It says what it is.',
    text: `I am a scripted demo, not an AI, so I cannot answer that. ${can}\n\n${addKey}`,
    calls: [],
  };
}

export function lookAround(): Step {
  return {
    reasoning: 'First the files, and the place where the quantity of an article matters.',
    text: 'I am a scripted demo, not an AI. The tools, the reviews and the sandbox are real. I look at the project first.',
    calls: [
      { name: 'list_files', args: {} },
      { name: 'search_text', args: { pattern: 'quantity', glob: '*.js' } },
    ],
  };
}

export function readBoth(): Step {
  return {
    reasoning: 'The source is short: reading it together with its test shows what is expected.',
    text: `The price is made in \`${sourcePath}\`, and \`${testPath}\` tests it. I read both.`,
    calls: [
      { name: 'read_file', args: { path: sourcePath } },
      { name: 'read_file', args: { path: testPath } },
    ],
  };
}

export function proposeEdit(): Step {
  return {
    reasoning: 'Ten pieces shall be cheaper, but the comparison begins at eleven.',
    text: `The test wants ten pieces to be a tenth cheaper, but \`${faulty}\` begins at eleven. The fix is one character.`,
    calls: [
      {
        name: 'edit_file',
        args: {
          path: sourcePath,
          instructions: 'Ten pieces get the discount too.',
          edits: [{ oldText: faulty, newText: mended }],
        },
      },
    ],
  };
}

/** @param edited the line was mended in this turn; otherwise it was right already */
export function runTest(edited: boolean): Step {
  return {
    reasoning: 'Only a run shows whether the tests pass.',
    text: edited
      ? 'The change is in the file. I run the tests.'
      : `\`${sourcePath}\` already has \`${mended}\`: nothing to change. I run the tests to be sure.`,
    calls: [{ name: 'run_terminal_command', args: { command: testCommand } }],
  };
}

export function finished(edited: boolean): Step {
  const done = edited
    ? `Done: \`${sourcePath}\` compares with \`>=\` now, so that ten pieces get the discount, and all tests pass (\`${testCommand}\`).`
    : `All tests pass (\`${testCommand}\`). Nothing had to be changed.`;
  return {
    reasoning: 'The tests pass: the task is done.',
    text: `${done}\n\nThis was the scripted demo. ${addKey}`,
    calls: [],
  };
}

/** Whether the command ran at all; if not, its result says why. */
export function ran(run: AnsweredCall): boolean {
  return exitCodeOf(run) !== null;
}

export function readAgain(failed: AnsweredCall): Step {
  const what =
    failed.name === 'edit_file' ? 'The edit could not be made' : `The test run failed: ${failureOf(failed)}`;
  return {
    reasoning: 'The file may have changed since it was read.',
    text: `${what}. I look at the file as it is now.`,
    calls: [{ name: 'read_file', args: { path: sourcePath } }],
  };
}

export function afterRejection(call: AnsweredCall): Step {
  const reason = wordsOf(call);
  const because = reason ? ` Your reason: “${reason}”` : '';
  const state =
    call.name === 'edit_file'
      ? `The edit was not made and \`${sourcePath}\` is as it was.`
      : 'The command did not run, so nobody has checked whether the tests pass.';
  return {
    reasoning: 'The person said no. That is a decision: the script stops.',
    text: `You rejected this step.${because} ${state} I stop here. Say “go on” and I propose it again, or choose another model in the picker: it continues with the same conversation.`,
    calls: [],
  };
}

export function afterWords(call: AnsweredCall): Step {
  return {
    reasoning: 'The person answered with words. A script cannot follow them, and says so.',
    text: `You said: “${wordsOf(call)}” The step did not run. A real model would follow your words now; I am a script and have only this one way. Say “go on” and I propose it again, or choose another model in the picker.`,
    calls: [],
  };
}

export function otherProject(): Step {
  return {
    reasoning: 'The files of the sample project are not here.',
    text: `The sample project (\`${sourcePath}\`, \`${testPath}\`) is not in this workspace, and I am a script that works on nothing else. It is put into the empty workspace of a new conversation.\n\n${addKey}`,
    calls: [],
  };
}

export function unknownSource(): Step {
  return {
    reasoning: 'Neither the bug nor its fix stands in the file.',
    text: `\`${sourcePath}\` was changed in a way that the script does not know, so I leave it alone.\n\n${addKey}`,
    calls: [],
  };
}

export function givesUp(newest: AnsweredCall): Step {
  return {
    reasoning: 'The same step would fail in the same way again.',
    text: `It still does not work: ${failureOf(newest)}. The script knows no other way and stops here.\n\n${addKey}`,
    calls: [],
  };
}

export function trouble(call: AnsweredCall): Step {
  return {
    reasoning: 'The tool could not do its work. Its message says why.',
    text: `\`${call.name}\` could not do its work: ${failureOf(call)}. I stop here. Say “go on” when it is mended.`,
    calls: [],
  };
}

/** The line of a result that tells most: the failed test, else the first line. */
function failureOf({ result }: AnsweredCall): string {
  const lines = result.split('\n').map((line) => line.trim());
  const failed = lines.find((line) => /^(✖|not ok)/.test(line) && !/failing tests/.test(line));
  const line = failed ?? lines.find((text) => text !== '') ?? 'no output';
  return line.length > 200 ? `${line.slice(0, 200)}…` : line.replace(/\.$/, '');
}
