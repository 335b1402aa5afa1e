import type { ReceiptLine, SwitchReceipt } from '#protocol/receipt.ts';
import { money, plural, tokens } from './format.ts';

/** "12 messages, 7 tool calls, 1 image"; what there is none of is left out. */
export function keptWords({ kept }: Pick<SwitchReceipt, 'kept'>): string {
  const parts = [
    kept.messages > 0 && plural(kept.messages, 'message'),
    kept.toolCalls > 0 && plural(kept.toolCalls, 'tool call'),
    kept.images > 0 && plural(kept.images, 'image'),
  ];
  return parts.filter(Boolean).join(', ') || 'nothing yet';
}

/** "4 tool-call ids converted, 3 reasoning blocks dropped"; empty when everything goes over as it is. */
export function changeWords({ converted, dropped }: Pick<SwitchReceipt, 'converted' | 'dropped'>): string {
  const words = (lines: ReceiptLine[], done: string) =>
    lines.map(({ what, count }) => `${count} ${what} ${done}`);
  return [...words(converted, 'converted'), ...words(dropped, 'dropped')].join(', ');
}

/** "about 38k"; exact only where the receiver's own tokenizer, or its provider, counted. */
export function aboutTokens({ contextTokens, estimated }: SwitchReceipt): string {
  return `${estimated ? 'about ' : ''}${tokens(contextTokens)}`;
}

/** What is not said by the figures already. */
export function warningsOf({ fits, warnings }: Pick<SwitchReceipt, 'fits' | 'warnings'>): string[] {
  return fits ? warnings : warnings.filter((warning) => !warning.startsWith('The conversation does not fit'));
}

/** "about $0.19", "free"; null when the price is unknown. */
export function costWords(costUsd: number | undefined): string | null {
  if (costUsd === undefined) return null;
  return costUsd === 0 ? 'free' : `about ${money(costUsd)}`;
}
