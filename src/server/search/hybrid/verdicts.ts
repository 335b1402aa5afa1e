import * as v from 'valibot';
import type { VectorSpace } from '../types.ts';
import { showsGain, type HybridFigures } from './measure.ts';

const quality = v.object({ mrr: v.number(), recall: v.number() });
const verdict = v.object({
  /** ISO 8601. */
  at: v.string(),
  gain: v.boolean(),
  queries: v.number(),
  chunks: v.number(),
  words: quality,
  hybrid: quality,
  certainty: v.number(),
});

/** What came of measuring one model of vectors: only with a gain is it used. */
export type HybridVerdict = v.InferOutput<typeof verdict>;

interface Settings {
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<void>;
}

/** null: not measured, or in a form that an older version wrote. */
export async function readVerdict(settings: Settings, space: VectorSpace): Promise<HybridVerdict | null> {
  const text = await settings.get(keyOf(space));
  if (text === null) return null;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), verdict), text);
  return parsed.success ? parsed.output : null;
}

export async function writeVerdict(
  settings: Settings,
  space: VectorSpace,
  figures: HybridFigures,
): Promise<HybridVerdict> {
  const found = { ...figures, at: new Date().toISOString(), gain: showsGain(figures) };
  await settings.set(keyOf(space), JSON.stringify(found));
  return found;
}

function keyOf({ model, dimensions }: VectorSpace): string {
  return `search.hybrid ${dimensions} ${model}`;
}
