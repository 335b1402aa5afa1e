import type { CheckContext } from '../emulator.ts';
import { isObject, refuse, type Json } from '../refusal.ts';
import { blocksOf } from './content.ts';

/** How a model may be asked to think, and what that does to the other parameters and to an open tool loop. */
export function checkThinking(body: Json, messages: readonly Json[], { traits }: CheckContext): void {
  const { temperature, top_p: topP, thinking } = body;
  const type = isObject(thinking) ? String(thinking.type) : 'disabled';
  if (!traits.temperature && (temperature !== undefined || topP !== undefined))
    refuse('`temperature` and `top_p` are deprecated for this model.');
  if (temperature !== undefined && topP !== undefined)
    refuse('`temperature` and `top_p` cannot both be specified for this model. Please use only one.');
  if (type === 'disabled') return;
  if (type !== 'enabled' && type !== 'adaptive')
    refuse(
      `thinking: Input tag '${type}' found using 'type' does not match any of the expected tags: 'adaptive', 'disabled', 'enabled'`,
    );
  if (!traits.thinking?.includes(type)) notSupported(type);
  if (temperature !== undefined && temperature !== 1)
    refuse(
      '`temperature` may only be set to 1 when thinking is enabled. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#important-considerations-when-using-extended-thinking',
    );
  if (type === 'enabled') checkBudget(body, thinking as Json);
  const choice = isObject(body.tool_choice) ? body.tool_choice.type : 'auto';
  if (choice === 'any' || choice === 'tool')
    refuse('Thinking may not be enabled when tool_choice forces tool use.');
  checkOpenLoop(messages);
}

function notSupported(type: string): never {
  if (type === 'adaptive') refuse('adaptive thinking is not supported on this model');
  refuse(
    '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
  );
}

function checkBudget({ max_tokens: maxTokens }: Json, { budget_tokens: budget }: Json): void {
  if (typeof budget !== 'number' || budget < 1_024)
    refuse('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024');
  if (budget >= (maxTokens as number)) refuse('`max_tokens` must be greater than `thinking.budget_tokens`.');
}

/** A turn that waits for the model after tool results must have begun with the model's own thinking. */
function checkOpenLoop(messages: readonly Json[]): void {
  if (messages.at(-1)?.role !== 'user' || !hasResults(messages.at(-1) as Json)) return;
  const begins = messages.findLastIndex((message) => message.role === 'user' && !hasResults(message));
  const index = messages.findIndex((message, at) => at > begins && message.role === 'assistant');
  const first = blocksOf(messages[index] as Json)[0];
  if (first?.type === 'thinking' || first?.type === 'redacted_thinking') return;
  refuse(
    `messages.${index}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${String(first?.type)}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks). We recommend you include thinking blocks from previous turns. To avoid this requirement, disable \`thinking\`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking`,
  );
}

/** Words of the person beside the results do not end the loop: the calls before them are still being answered. */
function hasResults(message: Json): boolean {
  return blocksOf(message).some(({ type }) => type === 'tool_result');
}
