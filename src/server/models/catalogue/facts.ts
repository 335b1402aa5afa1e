import type { Wire } from '#protocol/message.ts';
import type { Model, ModelCost, ReasoningEffort } from '#protocol/model.ts';
import type { Dialect } from '#server/gateway/types.ts';

/** What is known of a model, whoever asks: availability and status are computed from it, the day and the configuration. */
export interface ModelFacts {
  provider: string;
  model: string;
  label: string;
  cost: ModelCost;
  contextWindow: number | null;
  maxOutput: number | null;
  capabilities: Model['capabilities'];
  wire: Wire;
  /** Capabilities that are guessed by the name of the model. */
  guessed?: Model['guessed'];
  /** How this model departs from its provider. */
  dialect?: Dialect;
  /** The id in Helicone's unified gateway where it differs. */
  heliconeModel?: string;
  /** Makes vectors, not answers: not offered in a conversation. */
  embedding?: true;
  /** Chosen by name, the model starts with this effort. */
  defaultEffort?: ReasoningEffort;
  /** ISO date from which the provider no longer answers. */
  retiresOn?: string;
  /** Gone, on a date that is not known. */
  retired?: true;
  /** Announced to go, without a date. */
  deprecated?: true;
  /** `provider/model` to use instead. */
  successor?: string;
  source: string;
  /** ISO date of the facts. */
  asOf: string;
  approximate?: true;
}

/** One line of a catalogue file. */
export interface Row extends Partial<
  Pick<
    ModelFacts,
    | 'dialect'
    | 'heliconeModel'
    | 'embedding'
    | 'defaultEffort'
    | 'retiresOn'
    | 'retired'
    | 'deprecated'
    | 'successor'
    | 'approximate'
  >
> {
  /** USD per 1M tokens: input, output, cache read, cache write. Left out: as input. null: unknown. */
  price: [input: number | null, output: number | null, cacheRead?: number | null, cacheWrite?: number | null];
  tiers?: ModelCost['tiers'];
  context: number | null;
  output: number | null;
  can: readonly (keyof Model['capabilities'])[];
  wire: Wire;
  source: string;
  asOf: string;
}

/** Reads the lines of one provider: `[id, label, row]`. */
export function factsOf(
  provider: string,
  rows: readonly (readonly [model: string, label: string, row: Row])[],
): ModelFacts[] {
  return rows.map(([model, label, { price, tiers, context, output, can, ...rest }]) => ({
    provider,
    model,
    label,
    cost: costOf(price, tiers),
    contextWindow: context,
    maxOutput: output,
    capabilities: {
      tools: can.includes('tools'),
      images: can.includes('images'),
      reasoning: can.includes('reasoning'),
      temperature: can.includes('temperature'),
    },
    ...rest,
  }));
}

function costOf([input, output, cacheRead, cacheWrite]: Row['price'], tiers: ModelCost['tiers']): ModelCost {
  return {
    input,
    output,
    ...(cacheRead === undefined ? {} : { cacheRead }),
    ...(cacheWrite === undefined ? {} : { cacheWrite }),
    ...(tiers ? { tiers } : {}),
  };
}

/** models.dev (MIT) as of its snapshot of this day; off dates as of November 2026. */
export const july2026 = { source: 'models.dev', asOf: '2026-07-02' } as const;
/** Announcements and third parties: second-hand until a refresh brings better ones. */
export const autumn2026 = { source: 'announcements', asOf: '2026-11-22', approximate: true } as const;
/** Price lists of models that are gone. */
export const gone = { source: 'Helicone cost registry', asOf: '2026-07-21' } as const;
