import * as v from 'valibot';
import type { Approval } from './review.ts';

/**
 * What a person may send (CONTRACT section 3). Unknown fields are ignored, `null` means "not given", and everything
 * else that is not of the stated form is refused before anything happens.
 */

/** Characters; ids are ours and short, but scripts may send their own. */
const id = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
const name = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(300));
const path = v.pipe(
  v.string(),
  v.maxLength(4_096),
  v.check((text) => !text.includes('\0'), 'contains a zero byte'),
);
/** Half of a surrogate pair is no text: some providers refuse the whole request for it. */
const text = v.pipe(
  v.string(),
  v.transform((value) => value.toWellFormed()),
);
const words = v.pipe(text, v.maxLength(100_000));
const plainObject = v.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'Invalid type: Expected an object',
);

/** Absent and `null` are the same, and neither is passed on. */
function maybe<Schema extends v.GenericSchema>(schema: Schema) {
  return v.pipe(
    v.nullish(schema),
    v.transform((value) => value ?? undefined),
  );
}

const modelConfig = v.object({
  provider: name,
  model: name,
  temperature: maybe(v.pipe(v.number(), v.minValue(0), v.maxValue(2))),
  maxTokens: maybe(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000_000))),
  reasoningEffort: maybe(v.picklist(['off', 'low', 'medium', 'high'])),
  stream: maybe(v.boolean()),
});

const approvalMode = v.picklist(['ask', 'auto-edit', 'auto']);

/** Each by its name (a preset, `provider/model`) or as a whole; in the order in which they take over. */
const fallbackModels = v.pipe(v.array(v.union([name, modelConfig])), v.maxLength(5));

/** `POST /api/agent` */
export const startCommand = v.object({
  message: text,
  threadId: maybe(id),
  currentFile: maybe(path),
  sandboxId: maybe(id),
  sandboxType: maybe(v.picklist(['local', 'e2b', 'daytona'])),
  useMorph: maybe(v.boolean()),
  modelName: maybe(name),
  modelConfig: maybe(modelConfig),
  clientMessageId: maybe(id),
  approvalMode: maybe(approvalMode),
  fallbackModels: maybe(fallbackModels),
});

const callDecision = v.object({
  toolCallId: id,
  hash: v.pipe(v.string(), v.maxLength(200)),
  base: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(200)))),
  action: v.picklist(['approved', 'rejected', 'edit']),
  args: maybe(plainObject),
  edits: maybe(words),
  reason: maybe(words),
});

const oneByOne = v.object({
  decisions: v.pipe(v.array(callDecision), v.minLength(1), v.maxLength(100)),
  newModelConfig: maybe(modelConfig),
});

const forAll = v.object({
  action: v.picklist(['approved', 'rejected', 'edit', 'change_model']),
  edits: maybe(words),
  newModelConfig: maybe(modelConfig),
  reason: maybe(words),
});

/** Which of the two forms is meant is told by `decisions`, so that an error names the field that is really wrong. */
const approval = v.lazy((input): v.GenericSchema<unknown, Approval> => {
  const hasDecisions = typeof input === 'object' && input !== null && 'decisions' in input;
  return hasDecisions ? oneByOne : forAll;
});

/** `PUT /api/agent` */
export const decideCommand = v.object({
  threadId: id,
  approval,
  newModelName: maybe(name),
  runId: maybe(id),
});

/** `POST /api/threads/{id}/answer-again` */
export const answerAgainCommand = v.object({
  messageId: id,
  modelName: maybe(name),
  modelConfig: maybe(modelConfig),
  clientMessageId: maybe(id),
});

/**
 * `PATCH /api/threads/{id}`; `compactionModel: null` and `subagentModel: null` go back to the default, `budgetUsd: null` takes the budget away,
 * `fallbackModels: []` the fallback chain.
 */
export const threadChange = v.object({
  title: maybe(v.pipe(text, v.maxLength(1_000))),
  modelName: maybe(name),
  modelConfig: maybe(modelConfig),
  approvalMode: maybe(approvalMode),
  fallbackModels: maybe(fallbackModels),
  pauseOnMismatch: maybe(v.boolean()),
  branchId: maybe(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000_000))),
  autoCompact: maybe(v.boolean()),
  cacheAnswers: maybe(v.boolean()),
  useMorph: maybe(v.boolean()),
  compactionModel: v.optional(v.nullable(v.union([name, modelConfig]))),
  subagentModel: v.optional(v.nullable(v.union([name, modelConfig]))),
  budgetUsd: v.optional(v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1_000_000)))),
});

/** `POST /api/threads/{id}/switch/preview` */
export const switchPreview = v.object({ modelName: maybe(name), modelConfig: maybe(modelConfig) });

/** `POST /api/threads/{id}/compact`: who writes it, for which model, how, and for whom it is then used. */
export const compactCommand = v.object({
  modelName: maybe(name),
  modelConfig: maybe(modelConfig),
  forModelName: maybe(name),
  forModelConfig: maybe(modelConfig),
  method: maybe(v.picklist(['summary', 'outline'])),
  scope: maybe(v.picklist(['when_needed', 'always'])),
});

/** `PATCH /api/threads/{id}/compaction` */
export const editCompaction = v.object({ text: v.pipe(words, v.trim(), v.minLength(1)) });

/** `POST /api/models` */
export const chooseModel = v.object({
  modelName: maybe(name),
  provider: maybe(name),
  customModel: maybe(name),
});

/** `provider/model`, as the page shows it. */
const modelIds = v.array(name);

/** `PUT /api/preferences`; `previousModel: null` forgets it, what is not given stays. */
export const preferencesChange = v.object({
  favouriteModels: maybe(v.pipe(modelIds, v.maxLength(100))),
  recentModels: maybe(v.pipe(modelIds, v.maxLength(20))),
  previousModel: v.optional(v.nullable(name)),
});

/** `POST /auth/exchange` */
export const exchangeKey = v.object({ key: v.pipe(v.string(), v.minLength(1), v.maxLength(200)) });

export const usageGrouping = v.picklist(['model', 'provider', 'thread', 'day']);
