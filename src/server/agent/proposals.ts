import type { NewEvent } from '#protocol/events.ts';
import type { AssistantPart, ToolCallPart } from '#protocol/message.ts';
import type { ApprovalMode, FileDiff } from '#protocol/review.ts';
import type { ProposedChange, StoreTables, ThreadRow, ToolCallDecision } from '#server/store/store.ts';
import { ArgumentError, checkArgumentText, type CheckedArguments } from './arguments.ts';
import { newId } from './ids.ts';
import type { AgentSetup } from './parts.ts';
import { previewOf } from './preview.ts';
import { finishedEvent, writeResult, type CallResult } from './tool-results.ts';
import type { Tool, ToolKind } from './tools/tool.ts';
import type { ApprovedCall, Turn } from './turn.ts';

/** A call of an answer, checked. With `refusal` it is answered at once, never shown for approval and never run. */
export interface Proposal {
  part: ToolCallPart;
  hash: string;
  shown: Record<string, unknown>;
  diff: FileDiff | undefined;
  change: ProposedChange | null;
  needsReview: boolean;
  refusal: string | null;
}

/** Checks the calls of one answer and computes their diffs. Reads the workspace, changes nothing. */
export async function checkCalls(
  setup: AgentSetup,
  turn: Turn,
  thread: ThreadRow,
  parts: readonly AssistantPart[],
): Promise<Proposal[]> {
  const calls = parts.filter((part) => part.type === 'tool-call');
  const changed = new Set<string>();
  const taken = new Set(turn.memory.callIds);
  const proposals: Proposal[] = [];
  for (const [index, call] of calls.entries()) {
    const part = { ...call, toolCallId: freeId(call.toolCallId, taken) };
    const proposal =
      index < setup.limits.callsPerMessage
        ? await checkCall(setup, turn, thread, part, changed)
        : refused(part, `At most ${setup.limits.callsPerMessage} calls are taken from one message.`);
    proposals.push(proposal);
  }
  return proposals;
}

async function checkCall(
  setup: AgentSetup,
  turn: Turn,
  thread: ThreadRow,
  part: ToolCallPart,
  changed: Set<string>,
): Promise<Proposal> {
  const tool = setup.tools.get(turn.threadId, part.name);
  if (!tool)
    return refused(
      part,
      `There is no tool "${part.name}". Use one of: ${setup.tools.names(turn.threadId).join(', ')}.`,
    );
  const checked = checkWith(setup, tool, part.args);
  if ('problem' in checked) return refused({ ...part, args: checked.text }, checked.problem);
  const { args } = checked;
  const proposal: Proposal = {
    part: { ...part, args: checked.text },
    hash: checked.hash,
    shown: checked.value,
    diff: undefined,
    change: null,
    needsReview:
      (!tool.allowedByRule && needsReview(tool.kind, thread.approvalMode)) ||
      (tool.mustAsk?.(args, turn.memory.transcript) ?? false),
    refusal: null,
  };
  if (!tool.preview) return proposal;
  const paths = tool.paths?.(args) ?? [];
  const isLater = paths.some((path) => changed.has(path));
  for (const path of paths) changed.add(path);
  const from = { turn, thread, toolCallId: part.toolCallId, isLater };
  const { problem, ...shown } = await previewOf(setup, tool, args, from);
  // An edit that cannot be applied is not worth a person's time: the model gets the refusal at once.
  return { ...proposal, ...shown, ...(problem === null ? {} : refusedAs(problem)) };
}

/** What stays of unusable arguments is a JSON object all the same: every provider refuses anything else in a history. */
function checkWith(
  setup: AgentSetup,
  tool: Tool,
  text: string,
): (CheckedArguments & { args: unknown }) | { problem: string; text: string } {
  let kept = '{}';
  try {
    const checked = checkArgumentText(text, setup.limits);
    kept = checked.text;
    return { ...checked, args: tool.parse(checked.value) };
  } catch (cause) {
    const reason = cause instanceof ArgumentError ? '' : ` for ${tool.name}`;
    return { problem: `Invalid arguments${reason}: ${(cause as Error).message}`, text: kept };
  }
}

function refusedAs(problem: string): Pick<Proposal, 'refusal' | 'needsReview'> {
  return { refusal: `Error: ${problem}`, needsReview: false };
}

function needsReview(kind: ToolKind, mode: ApprovalMode): boolean {
  if (kind === 'read' || mode === 'auto') return false;
  return kind === 'command' || mode === 'ask';
}

function refused(part: ToolCallPart, problem: string): Proposal {
  let checked: CheckedArguments | null = null;
  try {
    checked = checkArgumentText(part.args, { argumentBytes: 256 * 1024, argumentDepth: 64 });
  } catch (cause) {
    if (!(cause instanceof ArgumentError)) throw cause;
  }
  return {
    part: { ...part, args: checked?.text ?? '{}' },
    hash: checked?.hash ?? '',
    shown: checked?.value ?? {},
    diff: undefined,
    change: null,
    ...refusedAs(problem),
  };
}

/** What a decision can name and every database can hold; another id is replaced. */
const usableId = /^[\x20-\x7e]{1,190}$/;

/** Some providers number their calls anew in every answer; in a thread an id means one call. */
function freeId(given: string, taken: Set<string>): string {
  const wanted = usableId.test(given) ? given : '';
  let id = wanted || newId('call');
  for (let count = 2; taken.has(id); count += 1) id = `${wanted || 'call'}_${count}`;
  taken.add(id);
  return id;
}

export function proposalEvents(
  proposals: Proposal[],
  messageId: string,
  runId: string,
  threadId: string,
): NewEvent[] {
  return proposals.flatMap((proposal): NewEvent[] => {
    const { part, shown, hash, diff } = proposal;
    const proposed: NewEvent = {
      type: 'tool.proposed',
      data: {
        toolCallId: part.toolCallId,
        name: part.name,
        args: shown,
        hash,
        messageId,
        ...(diff ? { diff } : {}),
      },
    };
    const refusal = refusalOf(proposal, runId, threadId);
    return refusal ? [proposed, finishedEvent(refusal)] : [proposed];
  });
}

/** Writes the rows of all calls, the decisions that nobody has to make, and the results of the refused ones. */
export async function writeProposals(
  store: StoreTables,
  turn: Turn,
  thread: ThreadRow,
  messageId: string,
  proposals: Proposal[],
  isByRule: (name: string) => boolean,
): Promise<string[]> {
  const { threadId, run } = turn;
  await store.toolCalls.propose(
    proposals.map(({ part, hash, change, needsReview }, position) => ({
      toolCallId: part.toolCallId,
      threadId,
      runId: run.id,
      turnId: run.turnId,
      messageId,
      position,
      name: part.name,
      args: part.args,
      argsHash: hash,
      // The events carry it; a copy here would only make the record larger.
      diff: null,
      change,
      needsReview,
    })),
  );
  const resultIds: string[] = [];
  for (const proposal of proposals) {
    const refusal = refusalOf(proposal, run.id, threadId);
    if (refusal) resultIds.push(await writeResult(store, refusal));
    else if (!proposal.needsReview) {
      const by: ToolCallDecision['by'] = isByRule(proposal.part.name) ? 'rule' : 'mode';
      await store.toolCalls.decide(threadId, proposal.part.toolCallId, {
        action: 'approved',
        by,
        argsHash: proposal.hash,
      });
    }
  }
  return resultIds;
}

export function approvedCall({ part, hash }: Proposal): ApprovedCall {
  return { toolCallId: part.toolCallId, name: part.name, args: part.args, argsHash: hash, edited: false };
}

function refusalOf({ part, refusal }: Proposal, runId: string, threadId: string): CallResult | null {
  if (refusal === null) return null;
  return {
    call: { toolCallId: part.toolCallId, name: part.name, threadId },
    runId,
    status: 'error',
    text: refusal,
    summary: refusal.split('\n', 1)[0] ?? refusal,
  };
}
