import {
  Command,
  END,
  interrupt,
  Send,
  START,
  StateGraph,
  type LangGraphRunnableConfig,
} from '@langchain/langgraph';
import { agentNode } from './agent-node.ts';
import type { AgentSetup } from './parts.ts';
import { AgentStateAnnotation, type AgentState } from './state.ts';
import { toolNode } from './tool-node.ts';
import type { ApprovedCall, Turn } from './turn.ts';

/** What an answered review resumes with: the calls that run now. Every other call of the batch has its result already. */
export interface ReviewOutcome {
  run: ApprovedCall[];
}

/**
 * agent → review → tool (one task per call) → agent, until an answer has no calls.
 * Compiled once; what belongs to one run comes in as `context.turn`.
 */
export function createGraph(setup: AgentSetup) {
  return new StateGraph(AgentStateAnnotation)
    .addNode('agent', (_state, config: LangGraphRunnableConfig) => agentNode(setup, turnOf(config)), {
      ends: ['agent', 'review', 'tool', END],
    })
    .addNode('review', review, { ends: ['tool', 'agent'] })
    .addNode('tool', (state: unknown, config: LangGraphRunnableConfig) =>
      toolNode(setup, turnOf(config), (state as { call: ApprovedCall }).call),
    )
    .addConditionalEdges(
      START,
      (_state: AgentState, config: LangGraphRunnableConfig) => begin(turnOf(config)),
      ['agent', 'tool'],
    )
    .addEdge('tool', 'agent')
    .compile({ checkpointer: setup.checkpointer });
}

export type AgentGraph = ReturnType<typeof createGraph>;

/** Pure, because it runs again from its first line when it is resumed: one interrupt for the whole batch. */
function review(state: AgentState): Command {
  const { run } = interrupt<{ messageId: string | undefined }, ReviewOutcome>({
    messageId: state.messages.at(-1),
  });
  return new Command({ update: { awaitingHumanInput: false }, goto: afterReview(run) });
}

function afterReview(run: readonly ApprovedCall[]): 'agent' | Send[] {
  return run.length ? run.map((call) => new Send('tool', { call })) : 'agent';
}

/** A turn begins with the model, or, when its checkpoint was lost, with the calls that were approved since. */
function begin(turn: Turn): 'agent' | Send[] {
  return afterReview(turn.approved);
}

function turnOf(config: LangGraphRunnableConfig): Turn {
  const { turn } = (config.context ?? {}) as { turn?: Turn };
  if (!turn) throw new Error('The graph was started without its turn.');
  return turn;
}
