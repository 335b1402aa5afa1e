import type {
  AssistantPart,
  Capsule,
  Message,
  ReasoningPart,
  ToolResultPart,
  UserPart,
  Wire,
} from '#protocol/message.ts';
import type { Target } from '../types.ts';
import { sealCapsule } from '../wires/capsule.ts';
import { malformed } from './fields.ts';
import type { Kept } from './kept-reasoning.ts';

/** A part of an answer as a client sent it back; `native` is what the client's own wire issued, not in an envelope. */
export type SentPart = AssistantPart & { native?: unknown };

export type SentMessage =
  | { role: 'user'; parts: UserPart[] }
  | { role: 'assistant'; parts: SentPart[] }
  | { role: 'tool'; results: ToolResultPart[] };

/** The rows that the projection takes: like those of a thread, but of one request only. */
export function transcriptOf(
  sent: readonly SentMessage[],
  wire: Wire,
  target: Target,
  recall: Recall = () => [],
): Message[] {
  return sent.map((message, index): Message => {
    const row = {
      id: `m${index}`,
      threadId: '',
      seq: index,
      runId: '',
      status: 'complete',
      createdAt: '',
    } as const;
    if (message.role === 'user') return { ...row, role: 'user', parts: message.parts };
    if (message.role === 'tool') return { ...row, role: 'tool', parts: message.results };
    const parts = recalled(message.parts, recall).map((part) => withCapsule(part, wire, target));
    const author = parts.find(({ capsule }) => capsule)?.capsule;
    return { ...row, role: 'assistant', parts, ...(author ? authorOf(author) : {}) };
  });
}

/** What is still known of the reasoning of an answer with calls, by the id of its first one. */
export type Recall = (firstCallId: string) => Kept;

/** The client sent an answer with calls without its reasoning: what is known of it stands there again. */
function recalled(parts: SentPart[], recall: Recall): SentPart[] {
  const call = parts.find((part) => part.type === 'tool-call');
  if (!call || parts.some(({ capsule, native }) => capsule ?? native)) return parts;
  const kept = recall(call.toolCallId);
  if (!kept.length) return parts;
  const shown = parts.filter(({ type }) => type !== 'reasoning').map((part) => ({ ...part }));
  return settled(shown, kept);
}

function withCapsule({ native, ...part }: SentPart, wire: Wire, target: Target): AssistantPart {
  const isOwn = native !== undefined && target.wire === wire;
  return isOwn ? { ...part, capsule: sealCapsule(target, native) } : part;
}

function authorOf({ provider, wire, model }: Capsule): Pick<Message, 'provider' | 'wire' | 'model'> {
  return { provider, wire, model };
}

/** Puts what envelopes without a place of their own hold where it belongs. */
export function settled(parts: SentPart[], envelopes: Readonly<Kept>): SentPart[] {
  const placed = [...parts];
  for (const { capsule, of, at = 0, text = '' } of envelopes) {
    if (!of) placeReasoning(placed, at, { type: 'reasoning', text, capsule });
    else if ('call' in of)
      attach(
        placed.find((part) => isCall(part, of.call)),
        capsule,
      );
    else attach(placed.filter(({ type }) => type === 'text')[of.text], capsule);
  }
  return placed;
}

/** The reasoning that was shown before its capsule was known stands at its place already. */
function placeReasoning(parts: SentPart[], at: number, part: ReasoningPart & { capsule: Capsule }): void {
  const shown = parts[at];
  const isShown = shown?.type === 'reasoning' && (!shown.capsule || part.capsule.wire === 'openai-chat');
  if (isShown) shown.capsule = part.capsule;
  else parts.splice(Math.min(at, parts.length), 0, part);
}

function attach(part: SentPart | undefined, capsule: Capsule): void {
  if (part) part.capsule = capsule;
}

function isCall(part: SentPart, id: string): boolean {
  return part.type === 'tool-call' && part.toolCallId === id;
}

/**
 * Gives results the names of their calls.
 * @throws CrosspointError as providers do when a call has no result or a result no call: it is the client's mistake
 */
export function pairResults(sent: SentMessage[], param: string): SentMessage[] {
  const open = new Map<string, string>();
  for (const message of sent) {
    if (message.role === 'assistant')
      for (const part of message.parts) if (part.type === 'tool-call') open.set(part.toolCallId, part.name);
    if (message.role !== 'tool') continue;
    for (const result of message.results) {
      result.name = open.get(result.toolCallId) ?? noCall(result.toolCallId, param);
      open.delete(result.toolCallId);
    }
  }
  const [unanswered] = open.keys();
  if (unanswered !== undefined) malformed(param, `a result of each tool call, but ${unanswered} has none`);
  return sent;
}

function noCall(id: string, param: string): never {
  return malformed(param, `a tool call before its result, but there is none with the id ${id}`);
}
