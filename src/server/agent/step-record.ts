import { CrosspointError } from '#protocol/errors.ts';
import type { NewEvent } from '#protocol/events.ts';
import type { AgentSetup } from './parts.ts';
import type { ToolOutcome } from './tools/tool.ts';
import type { ApprovedCall, Turn } from './turn.ts';

/**
 * What one call changes in the files: their state before it, then after it. Nothing here stops a call: without a record it
 * can only not be taken back.
 */
export class StepRecord {
  readonly #setup: AgentSetup;
  readonly #turn: Turn;
  readonly #call: ApprovedCall;

  constructor(setup: AgentSetup, turn: Turn, call: ApprovedCall) {
    this.#setup = setup;
    this.#turn = turn;
    this.#call = call;
  }

  /** The workspace may be changed by the person, and by what runs in it, at any time until here. */
  async begin(): Promise<void> {
    await this.#orWithout(async () => {
      const paths = this.#paths();
      await this.#setup.workspaces.history.begin(await this.#turn.sandbox(), { ...this.#step(), paths });
    });
  }

  /**
   * Where files are lost with their sandbox, they have been kept outside of it when this resolves.
   * @returns the outcome, which is unknown when the sandbox was lost with what the call had done, and the events of it
   */
  async end(outcome: ToolOutcome): Promise<{ outcome: ToolOutcome; events: NewEvent[] }> {
    if (outcome.status === 'outcome_unknown') this.#turn.loseSandbox();
    let isLost = false;
    const events = await this.#orWithout(
      async () => {
        const { history } = this.#setup.workspaces;
        const changes = await history.end(await this.#turn.sandbox(), this.#step());
        return changes ? [{ type: 'workspace.changed', data: { ...changes, runId: this.#turn.run.id } }] : [];
      },
      () => (isLost = true),
    );
    // What was not recorded may have changed files all the same.
    if (events.length > 0 || outcome.status === 'outcome_unknown') this.#turn.hasChanged = true;
    return { outcome: isLost && outcome.status === 'ok' ? withoutItsFiles(outcome) : outcome, events };
  }

  #step() {
    return { threadId: this.#turn.threadId, toolCallId: this.#call.toolCallId, runId: this.#turn.run.id };
  }

  /** null: any file may be changed. Wrong arguments change none. */
  #paths(): readonly string[] | null {
    const tool = this.#setup.tools.get(this.#turn.threadId, this.#call.name);
    try {
      return tool?.paths?.(tool.parse(JSON.parse(this.#call.args))) ?? null;
    } catch {
      return [];
    }
  }

  async #orWithout(
    work: () => Promise<NewEvent[] | void>,
    onLost: () => void = () => undefined,
  ): Promise<NewEvent[]> {
    try {
      return (await work()) ?? [];
    } catch (cause) {
      if (!(cause instanceof CrosspointError)) throw cause;
      if (cause.code === 'sandbox_gone' || cause.code === 'sandbox_unreachable') {
        this.#turn.loseSandbox();
        onLost();
      }
      const { threadId } = this.#turn;
      this.#setup.logger.warn({ threadId, tool: this.#call.name, cause }, 'a change was not recorded');
      if (cause.code !== 'snapshot_failed') return [];
      return [{ type: 'notice', data: { code: cause.code, message: cause.message } }];
    }
  }
}

function withoutItsFiles(outcome: ToolOutcome): ToolOutcome {
  return {
    ...outcome,
    status: 'outcome_unknown',
    text: `${outcome.text}\n\n[The sandbox was lost, or did not answer, right after this. Nobody knows whether the files have what it changed. Check before you make it again.]`,
    summary: `${outcome.summary}; its sandbox was lost right after`,
  };
}
