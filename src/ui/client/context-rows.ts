import type { ContextPart, ContextParts } from '#protocol/context.ts';

export interface ContextRow {
  label: string;
  tokens: number;
  /** Of the window, or of what is used where the window is unknown; 0 to 1. */
  share: number;
  /** A class of `app.css` with the colour of its bar. */
  colour: string;
}

const partRows: [ContextPart, string, string][] = [
  ['talk', 'Messages', 'bg-series-1'],
  ['files', 'Files', 'bg-series-3'],
  ['toolOutput', 'Tool calls and their output', 'bg-series-2'],
  ['reasoning', 'Reasoning', 'bg-series-4'],
  ['instructions', 'Instructions of the project', 'bg-series-5'],
  ['tools', 'Descriptions of the tools', 'bg-series-6'],
  ['system', 'System prompt', 'bg-series-rest'],
];

/** What the context is spent on, in a fixed order; parts with nothing in them are left out. */
export function contextRows({ parts, tokens, contextWindow, answerTokens }: ContextParts): ContextRow[] {
  const whole = Math.max(contextWindow ?? 0, tokens, 1);
  const row = (label: string, count: number, colour: string): ContextRow[] =>
    count > 0 ? [{ label, tokens: count, share: count / whole, colour }] : [];
  const rows = partRows.flatMap(([part, label, colour]) => row(label, parts[part], colour));
  if (contextWindow === null) return rows;
  const free = Math.max(0, contextWindow - tokens);
  const forAnswer = Math.min(free, answerTokens ?? 0);
  return [
    ...rows,
    ...row('Kept for the answer', forAnswer, 'bg-line-strong'),
    ...row('Free', free - forAnswer, 'bg-hover'),
  ];
}

/** 34 %, and "< 1 %" for what is there but small. */
export function shareText(share: number): string {
  const percent = Math.round(share * 100);
  return percent === 0 && share > 0 ? '< 1 %' : `${percent} %`;
}
