import type { AssistantPart, FilePart, ImagePart, ToolResultPart, UserPart } from '#protocol/message.ts';
import type { Dialect, ModelRequest, PromptMessage, Target } from '../types.ts';
import { anthropicSettings, anthropicTools, jsonInstruction } from './anthropic-settings.ts';
import { thinking } from './anthropic-thinking.ts';
import { openCapsule } from './capsule.ts';
import { isFailure } from './result-text.ts';
import { argumentsObject } from './tool-calls.ts';
import type { WrittenMessages } from './written-messages.ts';

const cacheControl = { type: 'ephemeral' };
/** Four breakpoints are allowed: tools, system, and the last two messages of the person's side. */
const markedMessages = 2;

/** The JSON text of a messages body. */
export function writeAnthropic(request: ModelRequest, dialect: Dialect, written: WrittenMessages): string {
  const thoughts = thinking(request, dialect);
  const head = {
    model: request.target.model,
    ...systemField(request),
    ...anthropicTools(request),
    ...anthropicSettings(request, thoughts),
  };
  const messages = messageTexts(request, thoughts.on, written).join(',');
  return `${JSON.stringify(head).slice(0, -1)},"messages":[${messages}]}`;
}

function systemField({ system, settings }: ModelRequest): { system?: object[] } {
  const blocks = [
    ...(system === '' ? [] : [{ type: 'text', text: system, cache_control: cacheControl }]),
    ...(settings.output?.type === 'json' ? [{ type: 'text', text: jsonInstruction }] : []),
  ];
  return blocks.length ? { system: blocks } : {};
}

interface Group {
  role: 'user' | 'assistant';
  messages: PromptMessage[];
}

/** Roles must alternate: a person's words directly after tool results belong to the same message, after the results. */
function groupByRole(messages: readonly PromptMessage[]): Group[] {
  const groups: Group[] = [];
  for (const message of messages) {
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const last = groups.at(-1);
    if (last?.role === role) last.messages.push(message);
    else groups.push({ role, messages: [message] });
  }
  return groups;
}

function messageTexts(request: ModelRequest, withThinking: boolean, written: WrittenMessages): string[] {
  const { target } = request;
  const scope = `messages:${target.provider}:${target.model}:${withThinking}`;
  const groups = groupByRole(request.messages);
  const userGroups = groups.filter(({ role }) => role === 'user');
  // By place, not by message: one message object may stand in a conversation more than once.
  const marked = new Set(userGroups.slice(-markedMessages));
  return groups.flatMap((group, index) => {
    const { role, messages } = group;
    const isLast = index === groups.length - 1;
    const blocks = messages.map((message, at) => {
      const blocksOf = () => blockTexts(message, target, withThinking);
      if (marked.has(group) && at === messages.length - 1) return withBreakpoint(blocksOf()).join(',');
      if (isLast && role === 'assistant') return withoutTrailingSpace(blocksOf()).join(',');
      return written.text(message, scope, () => blocksOf().join(','));
    });
    const content = blocks.filter(Boolean).join(',');
    return content === '' ? [] : [`{"role":"${role}","content":[${content}]}`];
  });
}

function blockTexts(message: PromptMessage, target: Target, withThinking: boolean): string[] {
  if (message.role === 'tool')
    return [...message.results.map(resultBlock), ...message.results.flatMap(imagesOfFailure)].map((block) =>
      JSON.stringify(block),
    );
  if (message.role === 'user') return message.parts.flatMap(userBlock).map((block) => JSON.stringify(block));
  return message.parts.flatMap((part) => assistantBlock(part, target, withThinking));
}

function withBreakpoint(blocks: string[]): string[] {
  const last = blocks.pop();
  if (last === undefined) return [];
  return [...blocks, `${last.slice(0, -1)},"cache_control":${JSON.stringify(cacheControl)}}`];
}

/** Refused: "messages: final assistant content cannot end with trailing whitespace". */
function withoutTrailingSpace(blocks: string[]): string[] {
  const last = JSON.parse(blocks.at(-1) ?? '{}') as { type?: string; text?: string };
  if (last.type !== 'text' || last.text === undefined) return blocks;
  const text = last.text.trimEnd();
  return [...blocks.slice(0, -1), ...(text === '' ? [] : [JSON.stringify({ ...last, text })])];
}

function userBlock(part: UserPart): object[] {
  if (part.type === 'image') return [imageBlock(part)];
  if (part.type === 'file' && part.asIs) return [documentBlock(part)];
  const text = part.type === 'text' ? part.text : `[The file ${part.name} is attached here.]`;
  return text.trim() === '' ? [] : [{ type: 'text', text }];
}

function assistantBlock(part: AssistantPart, target: Target, withThinking: boolean): string[] {
  if (part.type === 'text')
    return part.text.trim() === '' ? [] : [JSON.stringify({ type: 'text', text: part.text })];
  if (part.type === 'reasoning') {
    // Exactly as received, or not at all: the signature covers it.
    const block = withThinking ? openCapsule(part.capsule, target) : null;
    return block === null || !isSigned(block) ? [] : [plainBlock(block)];
  }
  const { toolCallId: id, name } = part;
  const head = JSON.stringify({ type: 'tool_use', id, name });
  return [`${head.slice(0, -1)},"input":${argumentsObject(part.args)}}`];
}

/** Thinking without its signature may come from another program's record: "thinking.signature: Field required". */
function isSigned(block: string): boolean {
  return /"(?:signature|data)":\s*"[^"]/.test(block) && /"type":\s*"(?:redacted_)?thinking"/.test(block);
}

const thinkingKeys = ['type', 'thinking', 'signature', 'data'];

/**
 * As it came, but for keys that another program added to its record, such as a mark for the cache: "Extra inputs are not
 * permitted", "thinking blocks cannot have cache_control". The signature does not cover them.
 */
function plainBlock(block: string): string {
  const entries = Object.entries(JSON.parse(block) as object);
  const kept = entries.filter(([key]) => thinkingKeys.includes(key));
  return kept.length === entries.length ? block : JSON.stringify(Object.fromEntries(kept));
}

function resultBlock(result: ToolResultPart): object {
  const { toolCallId, images = [] } = result;
  const text = result.text.trim() === '' ? '(no output)' : result.text;
  const failed = isFailure(result);
  // Refused: "all content must be type text if is_error is true".
  const content = images.length && !failed ? [{ type: 'text', text }, ...images.map(imageBlock)] : text;
  return {
    type: 'tool_result',
    tool_use_id: toolCallId,
    content,
    ...(failed ? { is_error: true } : {}),
  };
}

/** A failed result may hold only text: its images follow all results. */
function imagesOfFailure(result: ToolResultPart): object[] {
  const { images = [], name, toolCallId } = result;
  if (!images.length || !isFailure(result)) return [];
  return [
    { type: 'text', text: `Images of the result of ${name} (${toolCallId}):` },
    ...images.map(imageBlock),
  ];
}

function documentBlock({ name, mediaType, data, url }: FilePart): object {
  const source = url === undefined ? { type: 'base64', media_type: mediaType, data } : { type: 'url', url };
  return { type: 'document', source, title: name };
}

function imageBlock({ mediaType, data, url }: ImagePart): object {
  if (url !== undefined) return { type: 'image', source: { type: 'url', url } };
  return { type: 'image', source: { type: 'base64', media_type: mediaType, data } };
}
