import * as v from 'valibot';

/** The tool that writes the plan. */
export const planTool = 'update_plan';

export const maxPlanItems = 40;
/** Characters of one item. */
const maxPlanText = 200;

const statuses = ['pending', 'in_progress', 'done', 'cancelled'] as const;

const item = v.object({
  text: v.pipe(
    v.string('must be text.'),
    v.trim(),
    v.minLength(1, 'is empty.'),
    v.maxLength(maxPlanText, `is longer than ${maxPlanText} characters: say the step in a few words.`),
    v.transform((text) => text.toWellFormed().replaceAll(/\s+/g, ' ')),
  ),
  status: v.picklist(statuses, `must be one of ${statuses.join(', ')}.`),
});

/** The arguments of a call of the tool: the whole list, in order; an empty one takes the plan away. */
export const planSchema = v.object({
  items: v.pipe(
    v.array(item, 'must be a list of {text, status}.'),
    v.maxLength(maxPlanItems, `are more than ${maxPlanItems}: put steps together.`),
  ),
});

/** One step of what the agent is about to do, in its words. */
export type PlanItem = v.InferOutput<typeof item>;

/** Where a plan can come from: calls in their order, with their arguments as JSON values. */
export interface PlanCall {
  name: string;
  args: unknown;
  status?: string | undefined;
}

/** The plan after these calls: the newest list that was taken; empty when there is none. */
export function planAfter(calls: readonly PlanCall[]): PlanItem[] {
  const last = calls.findLast(({ name, status }) => name === planTool && status === 'ok');
  const read = v.safeParse(planSchema, last?.args);
  return read.success ? read.output.items : [];
}

/** What still counts of a plan, and how much of it is done. */
export function planProgress(items: readonly PlanItem[]): { done: number; total: number } {
  const counted = items.filter(({ status }) => status !== 'cancelled');
  return { done: counted.filter(({ status }) => status === 'done').length, total: counted.length };
}
