import type { ThreadView } from '#protocol/thread.ts';
import type { Approval } from '#protocol/review.ts';
import type { RunAnswer } from '#server/agent/types.ts';
import type { Crosspoint } from '#tests/support/crosspoint.ts';
import type { Answer, Asked, Received } from '#tests/upstreams/index.ts';
import type { MatrixTarget } from './matrix-targets.ts';

export interface Pair {
  from: MatrixTarget;
  to: MatrixTarget;
}

/** One square of the matrix: a thread of its own, whose models answer what its state says. */
export class Cell {
  readonly id: number;
  readonly from: MatrixTarget;
  readonly to: MatrixTarget;
  threadId = '';
  readonly #crosspoint: Crosspoint;
  readonly #sandboxId: string | undefined;
  #answers: Answer[] = [];
  #said = 0;

  /** @param sandboxId of an earlier thread; without it the thread gets one of its own */
  constructor(crosspoint: Crosspoint, id: number, { from, to }: Pair, sandboxId?: string) {
    this.#crosspoint = crosspoint;
    this.#sandboxId = sandboxId;
    this.id = id;
    this.from = from;
    this.to = to;
  }

  /** What the next requests are answered with; after the last of them a model says that it is done. */
  will(...answers: Answer[]): this {
    this.#answers = answers;
    return this;
  }

  /** The next answer, in the way of the model that is asked. */
  answer({ model, tools, system }: Asked): Answer {
    if (isSummary(system)) return { text: 'They talked about a story.' };
    const next = this.#answers.shift() ?? { text: 'It is done.' };
    const redacts = [this.from, this.to].some(({ config, redacts }) => redacts && config.model === model);
    this.#said += 1;
    const said = { reasoning: `thought-${this.#said}`, ...(redacts ? { redacted: true } : {}), ...next };
    if (tools.length || !next.calls) return said;
    const { calls: _calls, ...words } = said;
    return { ...words, text: words.text ?? 'I can only talk.' };
  }

  say(
    words: string,
    to?: MatrixTarget,
    approvalMode: 'ask' | 'auto' = 'auto',
    fallbackModels: MatrixTarget[] = [],
  ): Promise<RunAnswer> {
    const chain = fallbackModels.length ? { fallbackModels: fallbackModels.map(({ config }) => config) } : {};
    return this.#remember(this.#crosspoint.say({ ...this.#command(words, to, approvalMode), ...chain }));
  }

  /** Begins a turn that nothing but the end of the server ends; resolves when its text has begun. */
  async begin(words: string, to: MatrixTarget): Promise<void> {
    for await (const event of this.#crosspoint.stream(this.#command(words, to, 'auto'))) {
      if (event.type === 'run.started') this.threadId = event.data.threadId;
      if (event.type === 'message.delta' || event.type === 'model.started') return;
    }
  }

  /** Takes the beginning of the conversation out of every request, by rule. */
  async compact(): Promise<void> {
    const body = { method: 'outline', scope: 'always' };
    await this.#crosspoint.api('POST', `/api/threads/${this.threadId}/compact`, body);
  }

  async setBudget(budgetUsd: number | null): Promise<void> {
    await this.#crosspoint.api('PATCH', `/api/threads/${this.threadId}`, { budgetUsd });
  }

  /** For turns that fail or are stopped: `seen` is called with the text as it comes. */
  async sayStreaming(words: string, to: MatrixTarget, seen?: () => Promise<void>): Promise<void> {
    for await (const event of this.#crosspoint.stream(this.#command(words, to, 'auto'))) {
      if (event.type === 'run.started') this.threadId = event.data.threadId;
      if (event.type === 'message.delta') await seen?.();
    }
  }

  async cancel(): Promise<void> {
    await this.#crosspoint.api('POST', `/api/threads/${this.threadId}/cancel`, {});
  }

  async switchTo({ config }: MatrixTarget): Promise<void> {
    await this.#crosspoint.api('PATCH', `/api/threads/${this.threadId}`, { modelConfig: config });
  }

  decide(approval: Approval): Promise<RunAnswer> {
    return this.#crosspoint.decide(this.threadId, approval);
  }

  approveAll(answer: RunAnswer): Promise<RunAnswer> {
    return this.#crosspoint.approveAll(answer);
  }

  thread(): Promise<ThreadView> {
    return this.#crosspoint.thread(this.threadId);
  }

  #command(words: string, to: MatrixTarget | undefined, approvalMode: string): object {
    return {
      message: `${words} [cell-${this.id}]`,
      approvalMode,
      ...(to ? { modelConfig: to.config } : {}),
      ...(this.threadId ? { threadId: this.threadId } : this.#sandbox()),
    };
  }

  #sandbox(): { sandboxId?: string } {
    return this.#sandboxId === undefined ? {} : { sandboxId: this.#sandboxId };
  }

  async #remember(answer: Promise<RunAnswer>): Promise<RunAnswer> {
    const given = await answer;
    this.threadId = given.threadId;
    return given;
  }
}

/** A request that writes a summary, and is no turn of the conversation. */
export function isSummary(text: string): boolean {
  return text.includes('You write the summary');
}

/** The cell whose conversation a request carries. */
export function cellIdOf({ bodyText }: Pick<Received, 'bodyText'>): number {
  return Number(/\[cell-(\d+)\]/.exec(bodyText)?.[1] ?? -1);
}
