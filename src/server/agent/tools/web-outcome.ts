import { WebError } from '#server/web/web-error.ts';
import type { ToolOutcome } from './tool.ts';

/** A refusal of the web is an answer that the model reads. @throws anything else, such as the abort of the run */
export function webFailure(cause: unknown): ToolOutcome {
  if (!(cause instanceof WebError)) throw cause;
  return { status: 'error', text: `Error: ${cause.message}`, summary: cause.message };
}

/** For the line that a person sees. */
export function costWords({ costUsd, cached }: { costUsd: number | null; cached: boolean }): string {
  if (cached) return ' (kept from before, free)';
  if (costUsd === null) return ' (price unknown)';
  return costUsd > 0 ? ` ($${Number(costUsd.toPrecision(2))})` : '';
}
