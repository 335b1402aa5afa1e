import type { Model } from '#protocol/model.ts';
import { whyUnavailable, type Availability } from './availability.ts';
import type { ModelFacts } from './catalogue/facts.ts';
import { key, nameOf } from './presets.ts';
import { statusOf } from './status.ts';

/** How each model is at this moment: whether it can be used, why not, and what takes its place. */
export class ModelStates {
  readonly #parts: Availability;
  readonly #now: () => number;

  /** @param now epoch milliseconds */
  constructor(parts: Availability, now: () => number) {
    this.#parts = parts;
    this.#now = now;
  }

  /** As it is listed. */
  show(facts: ModelFacts): Model {
    const { provider, model, label, cost, contextWindow, maxOutput, capabilities, wire, source, asOf } =
      facts;
    const status = this.statusOf(facts);
    const reason = this.#whyNot(facts);
    const successor = facts.retiresOn || status !== 'active' ? this.successorOf(facts) : null;
    return {
      name: nameOf(facts),
      provider,
      model,
      label,
      cost,
      contextWindow,
      maxOutput,
      capabilities: { ...capabilities },
      ...(facts.guessed ? { guessed: facts.guessed } : {}),
      status,
      ...(facts.retiresOn ? { retiresOn: facts.retiresOn } : {}),
      ...(successor ? { successor } : {}),
      available: reason === null,
      ...(reason === null ? {} : { unavailableReason: reason }),
      wire,
      source,
      asOf,
      ...(facts.approximate ? { approximate: true } : {}),
    };
  }

  statusOf(facts: ModelFacts): Model['status'] {
    return statusOf(facts, this.#now());
  }

  isUsable(facts: ModelFacts): boolean {
    return this.#whyNot(facts) === null;
  }

  /** Follows the line of successors to one that still answers; else the provider's best. */
  successorOf({ provider, model, successor }: ModelFacts): string | null {
    const { table, providers } = this.#parts;
    const seen = new Set([key({ provider, model })]);
    for (let name = successor; name && !seen.has(name);) {
      seen.add(name);
      const slash = name.indexOf('/');
      const facts = table.describe({ provider: name.slice(0, slash), model: name.slice(slash + 1) });
      if (this.statusOf(facts) !== 'retired') return key(facts);
      name = facts.successor;
    }
    const best = providers.get(provider)?.defaultModel;
    return best && best !== model ? key({ provider, model: best }) : null;
  }

  #whyNot(facts: ModelFacts): string | null {
    if (this.statusOf(facts) !== 'retired') return whyUnavailable(this.#parts, facts);
    const label = this.#parts.providers.get(facts.provider)?.label ?? facts.provider;
    return `${label} retired it${facts.retiresOn ? ` on ${facts.retiresOn}` : ''}.`;
  }
}
