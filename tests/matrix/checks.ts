import type { Message, Part } from '#protocol/message.ts';
import type { SwitchReceipt } from '#protocol/receipt.ts';
import type { ThreadView } from '#protocol/thread.ts';
import type { Received } from '#tests/upstreams/index.ts';
import type { Cell } from './cell.ts';
import type { MatrixTarget } from './matrix-targets.ts';
import type { MatrixState } from './states.ts';

/** Messages of a body as text, without the marks for a cache, which move, and without the end, which grows. */
function conversation(request: Received): string {
  const { bodyText } = request;
  const at = Math.max(bodyText.lastIndexOf(',"messages":['), bodyText.lastIndexOf(',"input":['));
  return bodyText.slice(at).replaceAll(/,"cache_control":\{[^}]*\}/g, '');
}

function requestsOf(requests: readonly Received[], { config }: MatrixTarget): Received[] {
  return requests.filter(({ body }) => body.model === config.model);
}

/** A cell from the switch on. */
export interface Seen {
  requests: readonly Received[];
  /** Messages at the switch. */
  before: readonly Message[];
  after: ThreadView;
  /** Requests up to the switch. */
  asked: number;
}

/** What is wrong with one cell; empty when nothing is. */
export function problemsOf(cell: Cell, state: MatrixState, seen: Seen): string[] {
  const { before, after, asked } = seen;
  const requests = seen.requests.filter(({ refusal }) => !isTooLong(refusal));
  const own = requestsOf(seen.requests.slice(0, asked), cell.from).at(-1);
  const back = requestsOf(requests, cell.from).at(-1);
  const taken = requestsOf(seen.requests.slice(asked), cell.to).find(({ refusal }) => !isTooLong(refusal));
  const stored = after.messages.slice(0, before.length);
  const problems = [
    ...refusals(state, seen.requests),
    ...(isEqual(withoutUsage(stored), withoutUsage(before)) ? [] : ['stored messages changed']),
    ...switchesOf(after).flatMap((receipt) => unjustified(receipt, cell)),
  ];
  if (!own || !back || !taken) return [...problems, 'a request is missing'];
  const bytes = conversation(back).startsWith(conversation(own).replace(/[\]}]+$/, ''));
  const { compaction, messages } = after;
  const left = (known: readonly Message[], isShort: boolean) =>
    isShort && compaction ? known.filter(({ seq }) => seq > compaction.throughSeq) : known;
  const always = compaction?.scope === 'always';
  // The last answer is the one to this very request.
  const asOfBack = messages.slice(0, messages.findLastIndex(({ role }) => role === 'user') + 1);
  return [
    ...problems,
    ...(bytes ? [] : ['its old turns have other bytes']),
    ...(state.small && !compaction ? ['it fits, and should not'] : []),
    ...missingIn(taken, cell.to, left(before, always || state.small === true)),
    ...missingIn(back, cell.from, left(asOfBack, always)),
  ];
}

function isTooLong(refusal: string | undefined): boolean {
  return /too long|context (length|window)|reduce the length/.test(refusal ?? '');
}

/** A provider may say once that it is too long; the shorter form is then what it gets. */
function refusals({ small }: MatrixState, requests: readonly Received[]): string[] {
  const all = requests.flatMap(({ refusal }) => (refusal === undefined ? [] : [`refused: ${refusal}`]));
  return small && all.length === 1 && isTooLong(all[0]) ? [] : all;
}

function isEqual(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** What an answer cost may be known a moment after it. */
function withoutUsage(messages: readonly Message[]): object[] {
  return messages.map((message) => ({ ...message, usage: undefined }));
}

function switchesOf({ notes }: ThreadView): SwitchReceipt[] {
  return notes.flatMap(({ type, data }) =>
    type === 'model.switched' ? [(data as unknown as { receipt: SwitchReceipt }).receipt] : [],
  );
}

/** Lines of a receipt about what its model could have taken. */
function unjustified(receipt: SwitchReceipt, { from, to }: Cell): string[] {
  const target = [from, to].find(({ config }) => `${config.provider}/${config.model}` === receipt.to);
  const lines = [...receipt.converted, ...receipt.dropped];
  return lines
    .filter(({ what, why }) => {
      if (what === 'image') return target?.sees;
      if (what === 'tool call') return target?.tools;
      return what === 'tool result' || (what === 'reasoning' && why.includes(`only ${receipt.to} `));
    })
    .map(({ what, why }) => `dropped without need: ${what}, ${why}`);
}

/** Whatever the model could have taken and did not get. */
function missingIn({ bodyText }: Received, target: MatrixTarget, known: readonly Message[]): string[] {
  const expected = known.flatMap(({ parts }) => parts.flatMap((part) => expectedOf(part, target)));
  const lost = expected.filter(([, text]) => !bodyText.includes(JSON.stringify(text.trim()).slice(1, -1)));
  return [
    ...lost.map(([what, text]) => `lost ${what}: ${text.slice(0, 40)}`),
    ...reasoning(bodyText, target, known),
  ];
}

function expectedOf(part: Part, { sees }: MatrixTarget): [what: string, text: string][] {
  if (part.type === 'text') return [['text', part.text]];
  if (part.type === 'tool-call') return [['call', part.name]];
  if (part.type !== 'tool-result') return [];
  const images = sees ? (part.images ?? []) : [];
  return [['result', part.text], ...images.map(({ data }): [string, string] => ['image', data])];
}

function isSealed(part: Part, { sealsWords }: MatrixTarget): boolean {
  return (part.type === 'reasoning' || sealsWords === true) && 'capsule' in part && Boolean(part.capsule);
}

/** Its own sealed reasoning goes back, all of it. */
function reasoning(bodyText: string, target: MatrixTarget, known: readonly Message[]): string[] {
  if (!target.ownReasoning || /"thinking":\{"type":"disabled"/.test(bodyText)) return [];
  const own = known.filter(
    ({ provider, model, status, parts }) =>
      provider === target.config.provider &&
      model === target.config.model &&
      status === 'complete' &&
      parts.some((part) => isSealed(part, target)),
  );
  const returned = [...bodyText.matchAll(target.ownReasoning)].length;
  return returned >= own.length ? [] : [`lost reasoning: ${own.length - returned} of ${own.length}`];
}
