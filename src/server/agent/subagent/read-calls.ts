import { CrosspointError } from '#protocol/errors.ts';
import type { Message, ToolCallPart, ToolResultPart } from '#protocol/message.ts';
import { ArgumentError, checkArgumentText } from '../arguments.ts';
import { firstWords } from '../handoff/shorten.ts';
import type { CallContext, Tool, ToolOutcome } from '../tools/tool.ts';

/** A subagent only reads: these tools, by name, and none that a person has to decide about. */
export const readingTools: ReadonlySet<string> = new Set([
  'read_file',
  'list_files',
  'search_text',
  'search_code',
  'web_search',
  'read_page',
]);

const argumentLimits = { argumentBytes: 16 * 1024, argumentDepth: 16 };
/** Characters of one line of the progress. */
const lineCharacters = 200;

export interface ReadCall {
  result: ToolResultPart;
  /** One line for a person. */
  line: string;
}

/**
 * One call of a subagent. A failure is a result that it reads.
 * @param record what the thread's own calls are judged by, and what the subagent read since
 */
export async function readCall(
  tools: readonly Tool[],
  part: ToolCallPart,
  context: CallContext,
  record: readonly Message[],
): Promise<ReadCall> {
  const outcome = await outcomeOf(tools, part, context, record);
  const { text, status, images, file, web } = outcome;
  return {
    result: {
      type: 'tool-result',
      toolCallId: part.toolCallId,
      name: part.name,
      status,
      text,
      ...(images ? { images } : {}),
      ...(file ? { file } : {}),
      ...(web ? { web } : {}),
    },
    line: firstWords(outcome.summary, lineCharacters),
  };
}

async function outcomeOf(
  tools: readonly Tool[],
  { name, args }: ToolCallPart,
  context: CallContext,
  record: readonly Message[],
): Promise<ToolOutcome> {
  const tool = tools.find((known) => known.name === name);
  if (!tool)
    return refused(`There is no tool "${name}". Use one of: ${tools.map((each) => each.name).join(', ')}.`);
  try {
    const parsed = tool.parse(checkArgumentText(args, argumentLimits).value);
    if (tool.mustAsk?.(parsed, record))
      return refused(
        'Only a person can allow this call, and a subagent does not ask. Do without it, and say so in your answer.',
      );
    if (tool.onHost) return await tool.run(parsed, context);
    return await tool.run(parsed, { ...context, sandbox: await context.openSandbox() });
  } catch (cause) {
    if (context.signal.aborted) throw cause;
    if (cause instanceof CrosspointError && cause.code === 'sandbox_gone') throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    return refused(cause instanceof ArgumentError ? `Invalid arguments: ${message}` : message);
  }
}

function refused(message: string): ToolOutcome {
  return { status: 'error', text: `Error: ${message}`, summary: message.split('\n', 1)[0] ?? message };
}
