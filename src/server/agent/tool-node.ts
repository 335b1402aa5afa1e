import { CrosspointError } from '#protocol/errors.ts';
import type { StoreTables, ToolCallRow } from '#server/store/store.ts';
import { approvedChange, notingOwnChanges } from './approved-change.ts';
import { hashText } from './arguments.ts';
import { rulesFor } from './instructions/rules-for.ts';
import { restorationNote, voidedBy, voidResult } from './lost-sandbox.ts';
import { OutputBatch } from './output-batch.ts';
import type { AgentSetup } from './parts.ts';
import type { AgentUpdate } from './state.ts';
import { StepRecord } from './step-record.ts';
import { closingResults, finishedEvent, writeResult, type CallResult } from './tool-results.ts';
import { outputName } from './tools/long-output.ts';
import type { CallContext, ToolOutcome } from './tools/tool.ts';
import type { ApprovedCall, Turn } from './turn.ts';

/** One approved call. Of those that may change files the next one waits: what each of them changed is its own. */
export function toolNode(setup: AgentSetup, turn: Turn, call: ApprovedCall): Promise<AgentUpdate> {
  const changes = setup.tools.get(turn.threadId, call.name)?.kind !== 'read';
  const run = () => runCall(setup, turn, call, changes);
  return changes ? turn.oneByOne(run) : run();
}

/** Intent, effect, result, each committed before the next begins (I2, I3). */
async function runCall(
  setup: AgentSetup,
  turn: Turn,
  call: ApprovedCall,
  changes: boolean,
): Promise<AgentUpdate> {
  if (turn.signal.aborted) return {};
  setup.point('tool.before_intent');
  const voided = changes ? await voidedBy(setup, turn, call) : null;
  if (voided) return answerWith(turn, voidResult(turn, call, voided));
  const row = await commitIntent(setup, turn, call);
  if (!row) return answerLost(setup, turn, call);
  setup.point('tool.intent');
  const startedAt = performance.now();
  const output = new OutputBatch(call.toolCallId, setup.limits.outputEventCharacters, (events) =>
    turn.commit(events),
  );
  const record = changes ? new StepRecord(setup, turn, call) : null;
  await record?.begin();
  const ran = await runTool(setup, turn, { call, row, output });
  const durationMs = performance.now() - startedAt;
  setup.point('tool.effect');
  const { outcome, events: changed } = (await record?.end(ran)) ?? { outcome: ran, events: [] };
  if (changes && outcome.file) turn.own.set(outcome.file.path, outcome.file.hash);
  const result = resultOf(turn, call, outcome, durationMs);
  result.text = (await restorationNote(setup, turn)) + result.text;
  result.rules = await rulesFor(setup, turn, outcome);
  const events = [...(await output.rest()), ...changed, finishedEvent(result)];
  let resultId = '';
  await turn.commit(events, async (store) => {
    resultId = await writeResult(store, result);
    if (outcome.whole !== undefined)
      await store.toolOutputs.keep(turn.threadId, outputName(call.toolCallId), outcome.whole);
    await rememberFile(store, turn, outcome.currentFile);
  });
  setup.point('tool.committed');
  return {
    messages: [resultId],
    ...(outcome.currentFile === undefined ? {} : { currentFile: outcome.currentFile }),
    ...(setup.tools.get(turn.threadId, call.name)?.kind === 'command'
      ? { terminalOutput: [result.text] }
      : {}),
  };
}

/** null when the call had been started before: by a process that died, or by nobody's fault twice. */
async function commitIntent(setup: AgentSetup, turn: Turn, call: ApprovedCall): Promise<ToolCallRow | null> {
  if (hashText(call.args) !== call.argsHash)
    throw new CrosspointError('arguments_changed', { toolCallId: call.toolCallId });
  const row = await setup.store.toolCalls.get(turn.threadId, call.toolCallId);
  if (row?.state !== 'decided') return null;
  let first = false;
  await turn.commit(
    [{ type: 'tool.started', data: { toolCallId: call.toolCallId, name: call.name } }],
    async (store) => {
      first = await store.toolCalls.start(turn.threadId, call.toolCallId, call.argsHash);
      if (!first) throw new Error(`The call ${call.toolCallId} was started twice.`);
    },
  );
  return first ? row : null;
}

async function answerWith(turn: Turn, result: CallResult): Promise<AgentUpdate> {
  let resultId = '';
  await turn.commit([finishedEvent(result)], async (store) => {
    resultId = await writeResult(store, result);
  });
  return { messages: [resultId] };
}

async function answerLost(setup: AgentSetup, turn: Turn, call: ApprovedCall): Promise<AgentUpdate> {
  const row = await setup.store.toolCalls.get(turn.threadId, call.toolCallId);
  if (!row || row.state === 'finished') return {};
  const [result] = closingResults([row], turn.run.id, 'interrupted') as [CallResult];
  return answerWith(turn, result);
}

interface Started {
  call: ApprovedCall;
  row: ToolCallRow;
  output: OutputBatch;
}

/** A tool's failure is an outcome that the model reads; it never ends the run. */
async function runTool(setup: AgentSetup, turn: Turn, { call, row, output }: Started): Promise<ToolOutcome> {
  try {
    const tool = setup.tools.get(turn.threadId, call.name);
    if (!tool) throw new Error(`There is no tool "${call.name}".`);
    const args = tool.parse(JSON.parse(call.args));
    const context = await callContext(setup, turn, call, output);
    if (tool.onHost) return await tool.run(args, context);
    const sandbox = await turn.sandbox();
    const approved = approvedChange(row, call.edited, sandbox, turn.own);
    const run = () => tool.run(args, { ...context, approved, sandbox });
    if (tool.kind === 'edit') return await setup.edits.run(sandbox.id, run);
    return await (tool.kind === 'read'
      ? run()
      : notingOwnChanges(setup.store, row, { sandbox, own: turn.own }, run));
  } catch (cause) {
    if (cause instanceof CrosspointError && cause.code === 'sandbox_gone') turn.loseSandbox();
    const message = cause instanceof Error ? cause.message : String(cause);
    if (!(cause instanceof CrosspointError))
      setup.logger.warn({ tool: call.name, cause, threadId: turn.threadId }, 'a tool failed');
    return { status: 'error', text: `Error: ${message}`, summary: message.split('\n', 1)[0] ?? message };
  }
}

async function callContext(
  setup: AgentSetup,
  turn: Turn,
  { toolCallId }: ApprovedCall,
  output: OutputBatch,
): Promise<CallContext> {
  const { threadId, run, signal } = turn;
  const { modelConfig, sandboxId, useMorph } = await turn.thread();
  return {
    call: { userId: run.userId, threadId, runId: run.id, toolCallId },
    signal,
    thread: { model: modelConfig, sandboxId, useMorph },
    record: () => turn.memory.refresh(setup.store),
    output: (name) => setup.store.toolOutputs.get(threadId, name),
    seen: (path) => turn.memory.seen(setup.store, path),
    approved: null,
    openSandbox: () => turn.sandbox(),
    onOutput: (stream, text) => output.add(stream, text),
    tell: async (events) => void (await turn.commit(events)),
  };
}

function resultOf(turn: Turn, call: ApprovedCall, outcome: ToolOutcome, durationMs: number): CallResult {
  const note = call.edited
    ? `The person changed the arguments of this call. What ran:\n${call.args}\n\nIts result:\n`
    : '';
  return {
    call: { toolCallId: call.toolCallId, name: call.name, threadId: turn.threadId },
    runId: turn.run.id,
    status: outcome.status,
    text: note + outcome.text,
    summary: call.edited ? `${outcome.summary} (with your changes)` : outcome.summary,
    durationMs,
    ...(outcome.exitCode === undefined ? {} : { exitCode: outcome.exitCode }),
    ...(outcome.images ? { images: outcome.images } : {}),
    ...(outcome.file ? { file: outcome.file } : {}),
    ...(outcome.web ? { web: outcome.web } : {}),
    ...(outcome.subagent ? { subagent: outcome.subagent } : {}),
  };
}

async function rememberFile(
  store: StoreTables,
  { threadId, run }: Turn,
  currentFile: string | undefined,
): Promise<void> {
  if (currentFile === undefined) return;
  const thread = await store.threads.get(run.userId, threadId);
  if (thread && thread.currentFile !== currentFile)
    await store.threads.update(run.userId, threadId, { currentFile });
}
