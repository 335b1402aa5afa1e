import { CrosspointError } from '#protocol/errors.ts';
import type { NewEvent } from '#protocol/events.ts';
import type { ModelConfig } from '#protocol/model.ts';
import type { SwitchReceipt } from '#protocol/receipt.ts';
import type { ThreadRow } from '#server/store/store.ts';
import { isCurable } from './curable.ts';
import { modelName } from './model-request.ts';
import type { AgentSetup } from './parts.ts';
import { switchReceipt } from './switch-receipt.ts';
import type { Turn } from './turn.ts';

/** Ends a transaction in which nothing is to be written: a person chose a model while the request was failing. */
class ChosenMeanwhile extends Error {}

interface Successor {
  config: ModelConfig;
  receipt: SwitchReceipt;
}

/**
 * After a request failed for good: hands the thread to the next model of its fallback chain, for good, in one transaction
 * with `model.switched`. Whoever called asks again, which continues the same step: what was executed and what was written
 * is in the transcript. A model that a person chose meanwhile comes before the chain.
 * @throws the failure, when no chain is set or nothing in it can take over
 */
export async function failOver(
  setup: AgentSetup,
  turn: Turn,
  { modelConfig: failed }: ThreadRow,
  failure: unknown,
): Promise<void> {
  if (!isCurable(failure)) throw failure;
  const thread = await turn.thread();
  if (turn.signal.aborted || !thread.fallbackModels.length) throw failure;
  if (modelName(thread.modelConfig) !== modelName(failed)) return;
  const tried = await triedInTurn(setup, turn);
  tried.add(modelName(failed));
  const next = await successor(setup, turn, thread, failure, tried);
  if (!next) throw exhausted(failure, tried);
  setup.point('failover.before_commit');
  await commitSwitch(turn, thread, next, failure.message);
  setup.point('failover.committed');
}

/** From the record, so that a review in between changes nothing: no model is handed the same turn twice. */
async function triedInTurn(setup: AgentSetup, turn: Turn): Promise<Set<string>> {
  const transcript = await turn.memory.refresh(setup.store);
  const turnStart = transcript.findLast((message) => message.role === 'user')?.seq ?? 0;
  const switches = await setup.store.events.listOfTypes(turn.threadId, ['model.switched']);
  // What failed for another answer to the same message may be asked for this one.
  const inTurn = switches.filter(
    ({ branch, afterSeq }) => branch === turn.run.branch && afterSeq >= turnStart,
  );
  return new Set(
    inTurn.flatMap(({ event }) =>
      event.type === 'model.switched' && event.data.by === 'failover' ? [event.data.from] : [],
    ),
  );
}

/**
 * The first of the chain that did not fail in this turn, can be used now, and has room for the conversation; else the first
 * that has room for a shorter form of it.
 */
async function successor(
  setup: AgentSetup,
  turn: Turn,
  thread: ThreadRow,
  { code }: CrosspointError,
  tried: ReadonlySet<string>,
): Promise<Successor | null> {
  let short: Successor | null = null;
  for (const config of thread.fallbackModels) {
    if (tried.has(modelName(config)) || !isUsable(setup, config)) continue;
    if (code === 'context_overflow' && !isLarger(setup, config, thread.modelConfig)) continue;
    const receipt = await switchReceipt(setup, thread, turn.memory, config);
    if (receipt.fits) return { config, receipt };
    if (receipt.compaction?.available || thread.autoCompact) short ??= { config, receipt };
  }
  // Too long for the same model with a larger window as well: shortening it for the one at hand is enough.
  return code === 'context_overflow' ? null : short;
}

function isUsable(setup: AgentSetup, config: ModelConfig): boolean {
  try {
    setup.models.assertUsable(config);
    return true;
  } catch (cause) {
    if (cause instanceof CrosspointError) return false;
    throw cause;
  }
}

/** A window that nobody knows is no larger one. */
function isLarger(setup: AgentSetup, config: ModelConfig, than: ModelConfig): boolean {
  const [window, other] = [config, than].map((each) => setup.models.target(each).contextWindow ?? 0);
  return (window ?? 0) > (other ?? 0);
}

async function commitSwitch(
  turn: Turn,
  thread: ThreadRow,
  { config, receipt }: Successor,
  reason: string,
): Promise<void> {
  const from = modelName(thread.modelConfig);
  const at = new Date().toISOString();
  const seam: NewEvent = {
    type: 'model.switched',
    data: {
      from,
      to: modelName(config),
      by: 'failover',
      reason,
      fromConfig: thread.modelConfig,
      receipt,
      at,
    },
  };
  try {
    await turn.commit([seam], async (store) => {
      const now = await store.threads.get(thread.userId, thread.id);
      if (!now || modelName(now.modelConfig) !== from) throw new ChosenMeanwhile();
      await store.threads.update(thread.userId, thread.id, { modelConfig: config, updatedAt: at });
    });
  } catch (cause) {
    if (!(cause instanceof ChosenMeanwhile)) throw cause;
  }
}

/** The last failure, and that the chain was there. */
function exhausted(failure: CrosspointError, tried: ReadonlySet<string>): CrosspointError {
  const error = new CrosspointError(failure.code, failure.values, { cause: failure });
  const names = [...tried].join(', ');
  error.message =
    tried.size === 1
      ? `${failure.message} No model of the fallback chain could take over from ${names}.`
      : `${failure.message} ${tried.size} models were tried: ${names}.`;
  return error;
}
