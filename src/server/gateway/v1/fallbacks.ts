import * as v from 'valibot';
import { CrosspointError } from '#protocol/errors.ts';
import type { Fallback } from './types.ts';

const status = v.pipe(v.number(), v.integer(), v.minValue(100), v.maxValue(599));
const entry = v.object({
  'target-url': v.pipe(v.string(), v.url()),
  onCodes: v.array(v.union([status, v.object({ from: status, to: status })])),
  bodyKeyOverride: v.optional(v.record(v.string(), v.unknown())),
});
const entries = v.pipe(v.array(entry), v.minLength(1), v.maxLength(10));

/**
 * `Helicone-Fallbacks`. The headers of an entry, which carry keys, are not used: the key of a target is the one that is
 * configured for it.
 * @throws CrosspointError `bad_request` that says the form
 */
export function readFallbacks(text: string): Fallback[] {
  const result = v.safeParse(entries, parsed(text));
  if (!result.success)
    throw new CrosspointError('bad_request', {
      detail:
        'Helicone-Fallbacks is a JSON list of 1 to 10 of {"target-url": "https://…", "onCodes": [429, {"from": 500, "to": 599}], "bodyKeyOverride"?: {…}}.',
    });
  return result.output.map(({ 'target-url': targetUrl, onCodes, bodyKeyOverride }) => ({
    targetUrl,
    onCodes,
    bodyOverride: bodyKeyOverride ?? null,
  }));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (cause instanceof SyntaxError) return null;
    throw cause;
  }
}

export function fallsBackOn({ onCodes }: Fallback, code: number): boolean {
  return onCodes.some((range) =>
    typeof range === 'number' ? range === code : code >= range.from && code <= range.to,
  );
}
