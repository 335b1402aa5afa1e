import { maxPlanItems, planProgress, planSchema, planTool, type PlanItem } from '#protocol/plan.ts';
import { objectSchema, parseWith } from './schema.ts';
import type { HostTool } from './tool.ts';

interface Args {
  items: PlanItem[];
}

/**
 * Writes the plan that the person sees. It has no effect but its own row: the plan is the newest list on the conversation's
 * branch, so it survives restarts, is the same for every model, and goes back with a rewind.
 */
export const updatePlan: HostTool<Args> = {
  name: planTool,
  kind: 'read',
  onHost: true,
  description:
    'Shows the person your plan as a list of steps with their status, and keeps it. Use it for work of three or more steps, before you begin and whenever a step is done or the plan changes; not for small tasks. Send the whole list each time: it replaces the one before. Keep one step in_progress. An empty list takes the plan away.',
  parameters: objectSchema(
    {
      items: {
        type: 'array',
        maxItems: maxPlanItems,
        description: 'All steps, in the order in which they are done.',
        items: objectSchema(
          {
            text: { type: 'string', description: 'The step, in a few words.' },
            status: { type: 'string', enum: ['pending', 'in_progress', 'done', 'cancelled'] },
          },
          ['text', 'status'],
        ),
      },
    },
    ['items'],
  ),
  parse: parseWith(planSchema),
  run({ items }) {
    if (!items.length)
      return Promise.resolve({
        status: 'ok',
        text: 'The plan was taken away.',
        summary: 'Took the plan away',
      });
    const { done, total } = planProgress(items);
    const busy = items.filter(({ status }) => status === 'in_progress').length;
    const advice = busy > 1 ? ` ${busy} steps are in_progress; keep it to the one that you work on.` : '';
    return Promise.resolve({
      status: 'ok',
      text: `The plan is shown: ${done} of ${total} done.${advice}`,
      summary: `Plan: ${done} of ${total} done`,
    });
  },
};
