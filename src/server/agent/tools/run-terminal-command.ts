import * as v from 'valibot';
import { commandOutcome, maxKeptBytes, oneLine } from './command-result.ts';
import { objectSchema, parseWith, pathSchema } from './schema.ts';
import type { Tool } from './tool.ts';

const maxTimeoutMs = 600_000;

const schema = v.object({
  command: v.pipe(v.string('a command is needed.'), v.minLength(1, 'is empty.')),
  cwd: v.optional(pathSchema),
  timeoutMs: v.optional(
    v.pipe(
      v.number('must be a number.'),
      v.minValue(1, 'must be positive.'),
      v.maxValue(maxTimeoutMs, 'is at most 600000.'),
    ),
  ),
  background: v.optional(v.boolean('must be true or false.')),
});
type Args = v.InferOutput<typeof schema>;

export const runTerminalCommand: Tool<Args> = {
  name: 'run_terminal_command',
  kind: 'command',
  description:
    'Runs a bash command in the sandbox and gives its exit code and output. Each call is a new shell in the workspace (or in cwd). It ends after timeoutMs (default 120000) with its whole process tree; use background for servers and watchers, which returns at once. There is no terminal: never start a program that asks questions.',
  parameters: objectSchema(
    {
      command: { type: 'string' },
      cwd: { type: 'string', description: 'A folder, relative to the workspace.' },
      timeoutMs: { type: 'integer', minimum: 1, maximum: maxTimeoutMs },
      background: { type: 'boolean', description: 'Start it and return at once.' },
    },
    ['command'],
  ),
  parse: parseWith(schema),
  async run({ command, cwd, timeoutMs, background }, { sandbox, signal, onOutput, call }) {
    const result = await sandbox.exec(command, {
      ...(cwd === undefined ? {} : { cwd }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(background ? { background } : {}),
      maxOutputBytes: maxKeptBytes,
      signal,
      onOutput,
    });
    if (!background || result.processId === undefined)
      return commandOutcome(result, command, call.toolCallId);
    const summary = `${oneLine(command)}: started in the background, process ${result.processId}`;
    // Where its output goes; a sandbox that keeps none says nothing.
    const note = result.stderr.trim();
    const text = [`${summary}. Stop it with: kill ${result.processId}`, note].filter(Boolean).join('\n');
    return { status: 'ok', text, summary };
  },
};
