import type { ModelRequest, Target } from '../types.ts';

/** Milliseconds after which streaming is tried again: an organisation may have been verified meanwhile. */
const rememberedMs = 3_600_000;

/** Models whose provider refused to stream: they are asked for whole answers, without a refusal each time. */
export class UnstreamedModels {
  readonly #until = new Map<string, number>();

  add(target: Target): void {
    this.#until.set(keyOf(target), performance.now() + rememberedMs);
  }

  /** The request as this model takes it. */
  applied(request: ModelRequest): ModelRequest {
    return this.has(request.target) ? withoutStream(request) : request;
  }

  has(target: Target): boolean {
    // Asked for each call of `/v1`, and empty almost always.
    if (!this.#until.size) return false;
    return performance.now() < (this.#until.get(keyOf(target)) ?? 0);
  }
}

function withoutStream(request: ModelRequest): ModelRequest {
  return { ...request, settings: { ...request.settings, stream: false } };
}

function keyOf({ provider, model }: Target): string {
  return `${provider}/${model}`;
}
