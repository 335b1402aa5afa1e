import type { Message, Part } from '#protocol/message.ts';
import type { Received } from '#tests/upstreams/index.ts';
import type { Cell } from './cell.ts';
import type { MatrixTarget } from './matrix-targets.ts';

/** Messages of a body as text, without the marks for a cache, which move, and without the end, which grows. */
function conversation(request: Received): string {
  const { bodyText } = request;
  const at = Math.max(bodyText.lastIndexOf(',"messages":['), bodyText.lastIndexOf(',"input":['));
  return bodyText.slice(at).replaceAll(/,"cache_control":\{[^}]*\}/g, '');
}

function requestsOf(requests: readonly Received[], { config }: MatrixTarget): Received[] {
  return requests.filter(({ body }) => body.model === config.model);
}

/** What is wrong with the requests of one cell; empty when nothing is. */
export function problemsOf(
  cell: Cell,
  requests: readonly Received[],
  before: readonly Message[],
  after: readonly Message[],
  asked: number,
): string[] {
  const refused = requests.flatMap(({ refusal }) => (refusal === undefined ? [] : [`refused: ${refusal}`]));
  const stored = after.slice(0, before.length);
  const changed = JSON.stringify(stored) === JSON.stringify(before) ? [] : ['stored messages changed'];
  const own = requestsOf(requests.slice(0, asked), cell.from).at(-1);
  const back = requestsOf(requests, cell.from).at(-1);
  const taken = requestsOf(requests.slice(asked), cell.to)[0];
  if (!own || !back || !taken) return [...refused, ...changed, 'a request is missing'];
  const bytes = conversation(back).startsWith(conversation(own).replace(/[\]}]+$/, ''));
  return [
    ...refused,
    ...changed,
    ...(bytes ? [] : ['its old turns have other bytes']),
    ...missingIn(taken, cell.to, before),
    // The last answer is the one to this very request.
    ...missingIn(back, cell.from, after.slice(0, after.findLastIndex(({ role }) => role === 'user') + 1)),
  ];
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
