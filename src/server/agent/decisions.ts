import { CrosspointError } from '#protocol/errors.ts';
import type { Approval, CallDecision } from '#protocol/review.ts';
import type { ToolCallDecision, ToolCallRow } from '#server/store/store.ts';
import { ArgumentError, checkArguments } from './arguments.ts';
import type { AgentSetup } from './parts.ts';

type Single = Exclude<Approval, { decisions: CallDecision[] }>;

/**
 * One decision for each pending call. A call that was forgotten is rejected; a call that is not pending is an error.
 * @throws `arguments_changed`, `bad_request`
 */
export function decisionsFor(
  setup: AgentSetup,
  pending: readonly ToolCallRow[],
  approval: Approval,
): Map<string, ToolCallDecision> {
  if (!('decisions' in approval))
    return new Map(pending.map((call) => [call.toolCallId, decideAll(call, approval)]));
  const named = new Map(approval.decisions.map((decision) => [decision.toolCallId, decision]));
  assertAllPending(named, pending, approval.decisions.length);
  return new Map(
    pending.map((call) => [call.toolCallId, decideOne(setup, call, named.get(call.toolCallId))]),
  );
}

function decideAll(call: ToolCallRow, { action, edits, reason }: Single): ToolCallDecision {
  if (action === 'edit' && !edits?.trim())
    throw new CrosspointError('bad_request', {
      detail: 'To edit all calls at once, give words in "edits"; to change arguments, use "decisions".',
    });
  return { ...asProposed(call), action, ...(edits ? { edits } : {}), ...(reason ? { reason } : {}) };
}

function decideOne(
  setup: AgentSetup,
  call: ToolCallRow,
  decision: CallDecision | undefined,
): ToolCallDecision {
  if (!decision)
    return { ...asProposed(call), action: 'rejected', reason: 'The person gave no decision for this call.' };
  if (decision.hash !== call.argsHash) throw new CrosspointError('arguments_changed');
  const { action, reason, edits, base } = decision;
  const seen = base === undefined ? {} : { base };
  const said = { ...seen, ...(edits ? { edits } : {}), ...(reason ? { reason } : {}) };
  if (action !== 'edit') return { ...asProposed(call), action, ...said };
  if (decision.args) return { action, by: 'user', ...editedArguments(setup, call, decision.args), ...said };
  if (edits?.trim()) return { ...asProposed(call), action, edits };
  throw new CrosspointError('bad_request', { detail: 'An edit needs "args", or words in "edits".' });
}

/** A person's arguments pass the same checks as a model's. */
function editedArguments(setup: AgentSetup, call: ToolCallRow, args: Record<string, unknown>) {
  try {
    const { text, hash, value } = checkArguments(args, setup.limits);
    setup.tools.get(call.threadId, call.name)?.parse(value);
    return { args: text, argsHash: hash };
  } catch (cause) {
    const message = (cause as Error).message;
    if (cause instanceof ArgumentError) throw new CrosspointError('bad_request', { detail: message });
    throw new CrosspointError('bad_request', { detail: `The edited arguments of ${call.name}: ${message}` });
  }
}

function assertAllPending(
  named: ReadonlyMap<string, CallDecision>,
  pending: readonly ToolCallRow[],
  count: number,
): void {
  const ids = new Set(pending.map((call) => call.toolCallId));
  const strange = [...named.keys()].find((id) => !ids.has(id));
  if (strange !== undefined)
    throw new CrosspointError('bad_request', { detail: `The call "${strange}" is not part of this review.` });
  if (named.size !== count)
    throw new CrosspointError('bad_request', { detail: 'A call is decided twice in "decisions".' });
}

function asProposed(call: ToolCallRow): Pick<ToolCallDecision, 'by' | 'argsHash'> {
  return { by: 'user', argsHash: call.argsHash };
}

/** Only these run: approved ones, and edits that came with arguments. */
export function mayRun(decision: ToolCallDecision): boolean {
  return decision.action === 'approved' || (decision.action === 'edit' && decision.edits === undefined);
}

/** What the model reads in place of the result of a call that does not run. */
export function refusalText(decision: ToolCallDecision): string {
  const { action, edits, reason } = decision;
  const why = reason ? ` Reason: ${reason}` : '';
  if (action === 'edit')
    return `The person did not run this call and says instead:\n${edits}${why ? `\n${why.trim()}` : ''}`;
  if (action === 'change_model')
    return `This call was not run: the person changed the model at this point. Decide anew how to go on.${why}`;
  return `The person rejected this call. It was not run.${why}`;
}

export function refusalSummary({ action }: ToolCallDecision): string {
  if (action === 'edit') return 'Not run: answered with words';
  return action === 'change_model' ? 'Not run: the model was changed' : 'Rejected';
}
