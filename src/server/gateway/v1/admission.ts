import type { CrosspointError } from '#protocol/errors.ts';
import { isLimitOfProvider } from '../limits/refusal.ts';
import { tokensOf, usedBy } from '../limits/used-by.ts';
import { worstCase } from '../limits/worst-case.ts';
import { estimateBody } from '../passthrough/estimate.ts';
import { valueAt } from '../passthrough/top-level.ts';
import type { Target } from '../types.ts';
import type { AdmittedCall, Call, Choice } from './call.ts';
import type { Admission, AskedCall, ProviderAdmission } from './types.ts';

/**
 * Limits and budgets, reserved for the worst case. A provider whose own limits have no room comes last: the call begins with
 * the first choice that has some.
 * @throws CrosspointError `rate_limited`, `budget_exhausted`
 */
export async function admit(call: Call): Promise<AdmittedCall | null> {
  const { admissions } = call.parts;
  if (!admissions) return null;
  let soonest: CrosspointError | undefined;
  for (const choice of firstOfEachProvider(call.choices)) {
    try {
      const others = () => call.choices.map(pricedTarget);
      const asked = askedOf(call, choice, others);
      const admission = await admissions.admit(call.caller, call.options, asked, call.signal);
      for (const [name, value] of Object.entries(admission.headers))
        call.exchange.headers.push([name, value]);
      call.choices = beginningWith(choice, call.choices);
      return new Admitted(call, admission, providerOf(choice));
    } catch (cause) {
      if (!isLimitOfProvider(cause)) throw cause;
      soonest = soonest && afterMs(soonest) <= afterMs(cause) ? soonest : cause;
      if (!choice.movesOn(cause.status)) break;
    }
  }
  throw soonest;
}

/** Besides what it holds for as long as it runs, it holds the limits of one provider at a time: of the one that it asks. */
class Admitted implements AdmittedCall {
  readonly #call: Call;
  readonly #admission: Admission;
  #provider: string | null;
  #held: ProviderAdmission;
  /** Attempts that were made before this provider was asked. */
  #before = 0;

  constructor(call: Call, admission: Admission, provider: string) {
    this.#call = call;
    this.#admission = admission;
    this.#held = admission;
    this.#provider = provider;
  }

  async moveTo(choice: Choice): Promise<void> {
    const provider = providerOf(choice);
    if (provider === this.#provider) return;
    const { parts, caller, signal, usages } = this.#call;
    await this.#leave();
    if (!parts.admissions) return;
    this.#held = await parts.admissions.admitProvider(caller, askedOf(this.#call, choice), signal);
    this.#provider = provider;
    this.#before = usages.length;
  }

  async settle(): Promise<void> {
    await this.#leave();
    await this.#admission.settle(usedBy(this.#call.usages));
  }

  async #leave(): Promise<void> {
    if (this.#provider === null) return;
    this.#provider = null;
    const there = this.#call.usages.slice(this.#before);
    await this.#held.leaveProvider(there.length ? tokensOf(there) : null);
  }
}

function askedOf(call: Call, choice: Choice, others?: () => Target[]): AskedCall {
  const target = pricedTarget(choice);
  return worstCase(target, () => estimateBody(call.top.body), longestAnswer(call), others);
}

function pricedTarget({ candidate: { target }, cost }: Choice): Target {
  return cost ? { ...target, cost } : target;
}

function longestAnswer({ endpoint, top }: Call): number | null {
  if (endpoint.kind === 'embeddings') return 0;
  for (const name of ['max_completion_tokens', 'max_tokens', 'max_output_tokens']) {
    const value = top.values.has(name) ? valueAt(top, name) : undefined;
    if (typeof value === 'number' && value > 0) return value;
  }
  return null;
}

function firstOfEachProvider(choices: readonly Choice[]): Choice[] {
  const [first] = choices;
  if (!first || choices.length === 1) return first ? [first] : [];
  return [...Map.groupBy(choices, providerOf).values()].flatMap(([one]) => (one ? [one] : []));
}

/** The choices before it are of providers without room: they come last. */
function beginningWith(choice: Choice, choices: Choice[]): Choice[] {
  const at = choices.indexOf(choice);
  return at > 0 ? [...choices.slice(at), ...choices.slice(0, at)] : choices;
}

function providerOf({ candidate }: Choice): string {
  return candidate.target.provider;
}

function afterMs({ values }: CrosspointError): number {
  return Number(values.retryAfterMs);
}
