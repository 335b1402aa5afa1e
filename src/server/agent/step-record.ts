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

  /** @returns the events that tell of it; the files are kept outside of a sandbox that can be lost with them */
  async end({ status }: ToolOutcome): Promise<NewEvent[]> {
    if (status === 'outcome_unknown') this.#turn.loseSandbox();
    this.#turn.hasChanged = true;
    return this.#orWithout(async () => {
      const { history } = this.#setup.workspaces;
      const changes = await history.end(await this.#turn.sandbox(), this.#step());
      return changes ? [{ type: 'workspace.changed', data: { ...changes, runId: this.#turn.run.id } }] : [];
    });
  }

  #step() {
    return { threadId: this.#turn.threadId, toolCallId: this.#call.toolCallId, runId: this.#turn.run.id };
  }

  /** null: any file may be changed. Wrong arguments change none. */
  #paths(): readonly string[] | null {
    const tool = this.#setup.tools.get(this.#call.name);
    try {
      return tool?.paths?.(tool.parse(JSON.parse(this.#call.args))) ?? null;
    } catch {
      return [];
    }
  }

  async #orWithout(work: () => Promise<NewEvent[] | void>): Promise<NewEvent[]> {
    try {
      return (await work()) ?? [];
    } catch (cause) {
      if (!(cause instanceof CrosspointError)) throw cause;
      if (cause.code === 'sandbox_gone') this.#turn.loseSandbox();
      const { threadId } = this.#turn;
      this.#setup.logger.warn({ threadId, tool: this.#call.name, cause }, 'a change was not recorded');
      if (cause.code !== 'snapshot_failed') return [];
      return [{ type: 'notice', data: { code: cause.code, message: cause.message } }];
    }
  }
}
