import type { FilePart, ImagePart, ToolResultPart, UserPart } from '#protocol/message.ts';
import type { Dialect, ModelRequest, PromptAssistantMessage, PromptMessage } from '../types.ts';
import type { ChatMessage } from './chat-message.ts';
import type { ChatReasoning } from './chat-reasoning.ts';
import { chatSettings, chatTools } from './chat-settings.ts';
import { resultText } from './result-text.ts';
import { callsAfterOthers, strictTurns, withoutSystemRole } from './strict-turns.ts';
import { argumentsObject } from './tool-calls.ts';
import type { WrittenMessages } from './written-messages.ts';

/** What a server wants beyond the common form. */
export interface ChatForm {
  reasoning: ChatReasoning;
  /** The name of the model where the server uses another one. */
  model?: string;
  /** Distinguishes the texts of this form in the cache. */
  scope: string;
  system?(text: string): ChatMessage;
  /** Changes the written messages at the end of a conversation, e.g. to set cache breakpoints. */
  mark?(message: ChatMessage): ChatMessage;
}

/** The JSON text of a chat-completions body. */
export function writeOpenAiChat(
  request: ModelRequest,
  dialect: Dialect,
  form: ChatForm,
  written: WrittenMessages,
): string {
  const head = {
    model: form.model ?? request.target.model,
    ...chatTools(request),
    ...chatSettings(request, dialect, form.reasoning),
  };
  const texts = isStrict(dialect) ? strictTexts(request, dialect, form) : freeTexts(request, form, written);
  return `${JSON.stringify(head).slice(0, -1)},"messages":[${texts.filter(Boolean).join(',')}]}`;
}

function isStrict({ strictTurns: strict, thoughtSignatures, systemRole }: Dialect): boolean {
  return Boolean(strict || thoughtSignatures) || systemRole === false;
}

/** What stands between two messages depends on both, so these texts are made for each request. */
function strictTexts({ system, messages }: ModelRequest, dialect: Dialect, form: ChatForm): string[] {
  const said = messages.flatMap((message) => chatMessages(message, form));
  const hasRole = dialect.systemRole !== false;
  const all = hasRole ? said : withoutSystemRole(system, said);
  const turns = dialect.strictTurns ? strictTurns(all) : callsAfterOthers(all);
  return [hasRole ? systemText(system, form) : '', ...turns.map((turn) => JSON.stringify(turn))];
}

function freeTexts({ system, target, messages }: ModelRequest, form: ChatForm, written: WrittenMessages) {
  const scope = `${form.scope}:${target.provider}:${target.model}`;
  const marked = form.mark ? lastOfOthers(messages) : new Set<number>();
  const texts = messages.map((message, at) => {
    const entries = () => chatMessages(message, form);
    if (marked.has(at)) return withLastMarked(entries(), form).join(',');
    return written.text(message, scope, () =>
      entries()
        .map((entry) => JSON.stringify(entry))
        .join(','),
    );
  });
  return [systemText(system, form), ...texts];
}

function systemText(system: string, form: ChatForm): string {
  return system === '' ? '' : JSON.stringify(form.system?.(system) ?? { role: 'system', content: system });
}

/** One mark for a message, also where it becomes several, such as the results of parallel calls. */
function withLastMarked(entries: ChatMessage[], form: ChatForm): string[] {
  const last = entries.length - 1;
  return entries.map((entry, index) => JSON.stringify(index === last ? form.mark?.(entry) : entry));
}

/** The last two messages that are not the model's own: what is new in this request and what was new in the one before. */
function lastOfOthers(messages: readonly PromptMessage[]): Set<number> {
  return new Set(messages.flatMap(({ role }, at) => (role === 'assistant' ? [] : [at])).slice(-2));
}

function chatMessages(message: PromptMessage, form: ChatForm): ChatMessage[] {
  if (message.role === 'assistant') return assistantMessage(message, form);
  if (message.role === 'user') {
    const content = userContent(message.parts);
    return content ? [{ role: 'user', content }] : [];
  }
  const answers = message.results.map((result) => ({
    role: 'tool',
    tool_call_id: result.toolCallId,
    content: resultText(result),
  }));
  const images = message.results.flatMap(resultImages);
  // The wire has no images in tool messages: they follow as a person's message.
  return images.length ? [...answers, { role: 'user', content: images }] : answers;
}

/** null when nothing is left to say: empty content is refused. */
function userContent(parts: readonly UserPart[]): unknown {
  const shown = parts.filter((part) => part.type !== 'text' || part.text !== '');
  if (!shown.length) return null;
  if (!shown.some((part) => part.type === 'image' || isDocument(part))) return shown.map(textOf).join('\n\n');
  return shown.map((part) => {
    if (part.type === 'image') return imageContent(part);
    return isDocument(part) ? fileContent(part) : { type: 'text', text: textOf(part) };
  });
}

function isDocument(part: UserPart): part is FilePart {
  return part.type === 'file' && part.asIs === true;
}

function fileContent({ name, mediaType, data }: FilePart): unknown {
  return { type: 'file', file: { filename: name, file_data: `data:${mediaType};base64,${data}` } };
}

function textOf(part: UserPart): string {
  if (part.type === 'text') return part.text;
  return part.type === 'file' ? `[The file ${part.name} is attached here.]` : '';
}

function assistantMessage({ parts }: PromptAssistantMessage, form: ChatForm): ChatMessage[] {
  const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const calls = parts
    .filter((part) => part.type === 'tool-call')
    .map((part, index) => {
      const called = { name: part.name, arguments: argumentsObject(part.args) };
      const more = form.reasoning.callFields?.(part, index === 0);
      return { id: part.toolCallId, type: 'function', function: called, ...more };
    });
  if (text === '' && !calls.length) return [];
  return [
    {
      role: 'assistant',
      content: text === '' ? null : text,
      ...form.reasoning.fields(parts),
      ...(calls.length ? { tool_calls: calls } : {}),
    },
  ];
}

function resultImages(result: ToolResultPart): unknown[] {
  if (!result.images?.length) return [];
  const label = { type: 'text', text: `Images of the result of ${result.name} (${result.toolCallId}):` };
  return [label, ...result.images.map(imageContent)];
}

function imageContent(image: ImagePart): unknown {
  const { mediaType, data, url = `data:${mediaType};base64,${data}`, detail } = image;
  return { type: 'image_url', image_url: { url, ...(detail ? { detail } : {}) } };
}
