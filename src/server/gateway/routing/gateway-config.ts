import * as v from 'valibot';
import { cacheSettings } from '../cache/settings.ts';
import { limitSettings } from '../limits/settings.ts';

/** In which order the ways to a model are tried. */
const strategy = v.picklist(['order', 'weight', 'latency'], 'must be "order", "weight" or "latency"');
const weight = v.pipe(
  v.number('must be a number from 0 to 1000'),
  v.minValue(0, 'must be a number from 0 to 1000'),
  v.maxValue(1_000, 'must be a number from 0 to 1000'),
);
/** The key itself never stands here: this text is shown, stored and backed up. */
const variable = v.pipe(
  v.string('must be the name of an environment variable, such as OPENAI_API_KEY_2'),
  v.regex(
    /^[A-Z][A-Z0-9_]{0,99}$/,
    'must be the name of an environment variable, such as OPENAI_API_KEY_2, never a key itself',
  ),
);
const provider = v.pipe(
  v.string('must be the id of a provider, such as "openai"'),
  v.regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'must be the id of a provider, such as "openai"'),
);
const modelId = v.pipe(
  v.string('must be the id of a model at its provider'),
  v.regex(/^[^\s\p{Cc},]{1,200}$/u, 'must be the id of a model at its provider, without spaces and commas'),
);
/** Without a slash, so that `provider/model` always means exactly that. */
const modelName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][\w.:-]{0,99}$/, 'must be a name of letters, digits and . : _ - without a slash'),
);

const key = v.pipe(
  v.union(
    [variable, v.strictObject({ key: variable, weight: v.optional(weight, 1) })],
    'must be the name of an environment variable, such as OPENAI_API_KEY_2, or {key, weight}',
  ),
  v.transform((given) => (typeof given === 'string' ? { key: given, weight: 1 } : given)),
);

const endpoint = v.strictObject({
  provider,
  model: modelId,
  weight: v.optional(weight, 1),
  /** The variable of one key; left out: all keys of the provider. */
  key: v.exactOptional(variable),
});

const model = v.strictObject({
  strategy: v.exactOptional(strategy),
  endpoints: v.pipe(
    v.array(endpoint, 'must be a list of endpoints'),
    v.minLength(1, 'needs at least one endpoint'),
    v.maxLength(32, 'takes at most 32 endpoints'),
  ),
});

const seconds = (least: number, most: number) =>
  v.pipe(
    v.number(`must be a number of seconds from ${least} to ${most}`),
    v.minValue(least, `must be a number of seconds from ${least} to ${most}`),
    v.maxValue(most, `must be a number of seconds from ${least} to ${most}`),
  );
const count = (most: number) =>
  v.pipe(
    v.number(`must be a whole number from 1 to ${most}`),
    v.integer(`must be a whole number from 1 to ${most}`),
    v.minValue(1, `must be a whole number from 1 to ${most}`),
    v.maxValue(most, `must be a whole number from 1 to ${most}`),
  );

const breaker = v.strictObject({
  errorRatio: v.optional(
    v.pipe(
      v.number('must be a share from 0.01 to 1'),
      v.minValue(0.01, 'must be a share from 0.01 to 1'),
      v.maxValue(1, 'must be a share from 0.01 to 1'),
    ),
    0.5,
  ),
  minRequests: v.optional(count(10_000), 5),
  windowSeconds: v.optional(seconds(1, 3_600), 60),
  openSeconds: v.optional(seconds(0.1, 3_600), 15),
  probes: v.optional(count(100), 1),
});

/** The gateway's own configuration: the same form in a file and in the settings. Every part may be left out. */
export const gatewayConfig = v.strictObject({
  /** Of the keys of a provider, and of named models that have none of their own. */
  strategy: v.optional(strategy, 'order'),
  /** By provider: all its keys; left out: the provider's own variable. */
  keys: v.optional(
    v.record(
      provider,
      v.pipe(
        v.array(key, 'must be a list of names of environment variables'),
        v.minLength(1, 'needs at least one key'),
        v.maxLength(32, 'takes at most 32 keys'),
      ),
    ),
    {},
  ),
  /** By the name that a request gives as its `model`. */
  models: v.optional(v.record(modelName, model), {}),
  breaker: v.optional(breaker, {}),
  limits: v.optional(limitSettings, {}),
  cache: v.optional(cacheSettings, {}),
});

export type GatewayConfig = v.InferOutput<typeof gatewayConfig>;
export type Strategy = GatewayConfig['strategy'];
export type NamedModel = GatewayConfig['models'][string];

/** What is wrong and where, e.g. `models.fast.endpoints.0.weight`; empty for the whole. */
export interface ConfigProblem {
  path: string;
  sentence: string;
}

export type ParsedConfig = { config: GatewayConfig } | { problem: ConfigProblem };

export const emptyGatewayConfig: GatewayConfig = v.parse(gatewayConfig, {});

/** Gives a value its form; an empty file is an empty configuration. */
export function parseGatewayConfig(value: unknown): ParsedConfig {
  const given = value ?? {};
  if (typeof given !== 'object' || Array.isArray(given))
    return {
      problem: {
        path: '',
        sentence: 'must be a list of fields: strategy, keys, models, breaker, limits, cache',
      },
    };
  const result = v.safeParse(gatewayConfig, given, { abortEarly: true });
  if (result.success) return { config: result.output };
  return { problem: problemOf(result.issues[0]) };
}

function problemOf(issue: v.BaseIssue<unknown>): ConfigProblem {
  const path = (issue.path ?? []).map((item) => String(item.key)).join('.');
  if (issue.type === 'strict_object' && issue.expected === 'never')
    return { path, sentence: 'is not a known field' };
  if (issue.type === 'strict_object' && issue.received === 'undefined')
    return { path, sentence: 'is missing' };
  // What was received is not repeated: somebody may have put a key there.
  const sentence = issue.message.replace(/^Invalid \w+: /, '').replace(/ but received .*$/s, '');
  return { path, sentence };
}
