import { CrosspointError } from '#protocol/errors.ts';
import type { Gateway } from '#server/gateway/types.ts';
import type { ModelManager } from '#server/models/types.ts';
import type { Store } from '#server/store/store.ts';
import { longOutput } from '../tools/long-output.ts';
import type { CallContext, Tool, ToolOutcome } from '../tools/tool.ts';
import { Exploration, type ExplorationLimits } from './exploration.ts';
import { readingTools } from './read-calls.ts';
import { Slots } from './slots.ts';
import { subagentModels } from './subagent-model.ts';

export interface ExplorerParts {
  store: Store;
  gateway: Gateway;
  models: ModelManager;
  limits?: Partial<ExplorationLimits>;
}

/** Sends subagents to look things up. */
export interface Explorer {
  /** Never throws but for the end of the run: how it failed is an outcome that the model reads. */
  explore(task: string, tools: readonly Tool[], context: CallContext): Promise<ToolOutcome>;
}

const usualLimits: ExplorationLimits = { requests: 24, tokens: 600_000, callsPerAnswer: 12, time: 300_000 };
/** Of one thread, at the same time; more wait. */
const atOnce = 3;
/** Characters that the model reads of an answer. */
const answerCharacters = 12_000;
/** Lines of what it did that go with an answer. */
const shownLines = 24;

export function createExplorer({ limits, ...parts }: ExplorerParts): Explorer {
  const bounds = { ...usualLimits, ...limits };
  const slots = new Slots(atOnce);
  return {
    async explore(task, tools, context) {
      const { threadId, userId } = context.call;
      const free = await slots.take(threadId, context.signal);
      try {
        const thread = await parts.store.threads.get(userId, threadId);
        if (!thread) throw new CrosspointError('not_found', { what: 'thread' });
        const signal = AbortSignal.any([context.signal, AbortSignal.timeout(bounds.time)]);
        const models = subagentModels(parts.models, thread);
        const reading = tools.filter(({ name, kind }) => kind === 'read' && readingTools.has(name));
        const exploration = new Exploration(
          { ...parts, tools: reading, limits: bounds },
          { task, thread, models, context, signal },
        );
        return await outcomeOf(exploration, context, bounds);
      } finally {
        free();
      }
    },
  };
}

async function outcomeOf(
  exploration: Exploration,
  { signal, call, onOutput }: CallContext,
  { time }: ExplorationLimits,
): Promise<ToolOutcome> {
  try {
    const answer = (await exploration.answer()).trim();
    const { run } = exploration;
    if (answer === '') throw new CrosspointError('provider_empty_answer', { provider: run.model });
    onOutput('stdout', `\n${answer}\n`);
    const { text, whole } = longOutput(answer, answerCharacters, call.toolCallId);
    return {
      status: 'ok',
      text: `${text}\n\n[Found by a subagent, ${run.model}: look at the places that it names before you rely on them.${linesOf(exploration)}]`,
      ...(whole === undefined ? {} : { whole }),
      summary: `Explored with ${run.model}: ${count(run.calls, 'look')}`,
      subagent: run,
    };
  } catch (cause) {
    // The run ends: its own words for that are better.
    if (signal.aborted) throw cause;
    if (cause instanceof CrosspointError && cause.code === 'sandbox_gone') throw cause;
    const reason = reasonOf(cause, time);
    const text = `Error: the subagent came to no answer: ${reason} Look yourself, or ask for less.${linesOf(exploration)}`;
    return { status: 'error', text, summary: `No answer: ${reason}`, subagent: exploration.run };
  }
}

function reasonOf(cause: unknown, time: number): string {
  if (cause instanceof CrosspointError) return cause.message;
  if (cause instanceof Error && (cause.name === 'TimeoutError' || cause.name === 'AbortError'))
    return `it took longer than ${time / 1_000} seconds.`;
  throw cause;
}

function linesOf({ lines }: Exploration): string {
  if (!lines.length) return '';
  const more = lines.length > shownLines ? `\n(${lines.length - shownLines} more)` : '';
  return ` What it did:\n${lines.slice(0, shownLines).join('\n')}${more}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
