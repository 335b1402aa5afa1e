import * as v from 'valibot';
import { commandOutcome, maxKeptBytes } from './command-result.ts';
import { objectSchema, parseWith } from './schema.ts';
import type { Tool } from './tool.ts';

/** Each reads the program from standard input, so nothing is written into the workspace. */
const commands = {
  python: 'python3 -',
  javascript: 'node -',
  typescript: 'node --input-type=module-typescript -',
  bash: 'bash -s',
} as const;

const languages = ['python', 'javascript', 'typescript', 'bash'] as const;
const schema = v.object({
  language: v.picklist(languages, `must be one of ${languages.join(', ')}.`),
  code: v.pipe(v.string('the code is needed.'), v.minLength(1, 'is empty.')),
});
type Args = v.InferOutput<typeof schema>;

export const executeCode: Tool<Args> = {
  name: 'execute_code',
  kind: 'command',
  description:
    'Runs a short program in the sandbox, in the workspace, and gives its exit code and output. Good for trying something out; print what you want to see.',
  parameters: objectSchema({ language: { type: 'string', enum: [...languages] }, code: { type: 'string' } }, [
    'language',
    'code',
  ]),
  parse: parseWith(schema),
  async run({ language, code }, { sandbox, signal, onOutput, call }) {
    const stdin = new TextEncoder().encode(code);
    const result = await sandbox.exec(commands[language], {
      stdin,
      maxOutputBytes: maxKeptBytes,
      signal,
      onOutput,
    });
    return commandOutcome(result, `${language} program`, call.toolCallId);
  },
};
