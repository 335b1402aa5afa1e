import type { Issued } from '../emulator.ts';
import { refuse, type Json } from '../refusal.ts';

/** Calls have outputs and outputs have calls; reasoning is followed by its item, and own items by id come with theirs. */
export function checkItemOrder(items: readonly Json[], issued: Issued): void {
  const open = new Set<string>();
  const seen = new Set<string>();
  items.forEach((item, index) => {
    if (item.type === 'function_call') {
      if (open.has(String(item.call_id))) refuse(`Duplicate call_id ${String(item.call_id)} in input.`);
      open.add(String(item.call_id));
    }
    if (item.type === 'function_call_output' && !open.delete(String(item.call_id)))
      refuse(`No tool call found for function call output with call_id ${String(item.call_id)}.`, {
        param: 'input',
      });
    if (item.role === 'user' && open.size) noOutput(open);
    if (item.type === 'reasoning') checkFollower(item, items[index + 1]);
    const required = issued.reasoningOf.get(String(item.id));
    if (required && item.type !== 'reasoning' && !seen.has(required))
      refuse(
        `Item '${String(item.id)}' of type '${String(item.type)}' was provided without its required 'reasoning' item: '${required}'.`,
        { param: 'input' },
      );
    if (item.id) {
      if (seen.has(String(item.id)))
        refuse(
          `Duplicate item found with id ${String(item.id)}. Remove duplicate items from your input and try again.`,
        );
      seen.add(String(item.id));
    }
  });
  if (open.size) noOutput(open);
}

function checkFollower(item: Json, next: Json | undefined): void {
  const follows = next?.type === 'reasoning' || next?.type === 'function_call' || next?.role === 'assistant';
  if (!follows)
    refuse(
      `Item '${String(item.id)}' of type 'reasoning' was provided without its required following item.`,
      { param: 'input' },
    );
}

function noOutput(open: ReadonlySet<string>): never {
  refuse(`No tool output found for function call ${[...open].join(', ')}.`, { param: 'input' });
}
