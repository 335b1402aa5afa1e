import type { BaseMessage, AIMessage, ToolMessage } from '@langchain/core/messages';
import type {
  AssistantPart,
  ImagePart,
  Message,
  Part,
  TextPart,
  ToolCallPart,
  UserPart,
} from '#protocol/message.ts';
import type { Target } from '#server/gateway/types.ts';
import { canonicalText } from './arguments.ts';

/** Where an answer keeps its canonical parts, capsules included, as JSON text that LangChain carries along unread. */
export const partsKey = 'crosspoint_parts';

/** The canonical parts of an answer with the exact model that issued them. */
export interface StoredParts {
  provider: string;
  model: string;
  wire: Target['wire'];
  parts: AssistantPart[];
}

/** LangChain's messages as a canonical transcript, so that the rules of a switch apply to them like to any other. */
export function fromLangChain(messages: readonly BaseMessage[]): { system: string; transcript: Message[] } {
  const system: string[] = [];
  const transcript: Message[] = [];
  for (const message of messages) {
    if (message.getType() === 'system') system.push(textOfContent(message.content));
    else transcript.push(toMessage(message, transcript.length + 1));
  }
  return { system: system.join('\n\n'), transcript };
}

function toMessage(message: BaseMessage, seq: number): Message {
  const base = {
    id: message.id ?? `message-${seq}`,
    threadId: '',
    seq,
    runId: '',
    status: 'complete' as const,
    createdAt: '',
  };
  const type = message.getType();
  if (type === 'ai') return { ...base, role: 'assistant', ...assistantOf(message as AIMessage) };
  if (type === 'tool') return { ...base, role: 'tool', parts: [resultOf(message as ToolMessage)] };
  return { ...base, role: 'user', parts: userParts(message.content) };
}

function assistantOf(message: AIMessage): Pick<Message, 'parts' | 'provider' | 'model' | 'wire'> {
  const text = textOfContent(message.content);
  const calls = (message.tool_calls ?? []).map((call, index): ToolCallPart => ({
    type: 'tool-call',
    toolCallId: call.id ?? `call_${index}`,
    name: call.name,
    args: canonicalText(call.args),
  }));
  const stored = storedParts(message);
  const rebuilt: AssistantPart[] = [...(text ? [{ type: 'text' as const, text }] : []), ...calls];
  if (!stored) return { parts: rebuilt };
  const { parts, ...issuer } = stored;
  // Somebody edited the message: what it says now counts, and no capsule vouches for it.
  return { ...issuer, parts: same(parts, text, calls) ? parts : rebuilt };
}

function storedParts(message: AIMessage): StoredParts | null {
  const text: unknown = (message.response_metadata as Record<string, unknown>)[partsKey];
  return typeof text === 'string' ? (JSON.parse(text) as StoredParts) : null;
}

function same(parts: readonly AssistantPart[], text: string, calls: readonly ToolCallPart[]): boolean {
  const storedText = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const storedCalls = parts.filter((part) => part.type === 'tool-call');
  return (
    storedText === text &&
    storedCalls.length === calls.length &&
    storedCalls.every((call, index) => {
      const other = calls[index];
      return (
        call.toolCallId === other?.toolCallId &&
        call.name === other.name &&
        canonicalText(JSON.parse(call.args)) === other.args
      );
    })
  );
}

function resultOf(message: ToolMessage): Part {
  const parts = userParts(message.content);
  const images = parts.filter((part): part is ImagePart => part.type === 'image');
  return {
    type: 'tool-result',
    toolCallId: message.tool_call_id,
    name: message.name ?? '',
    status: message.status === 'error' ? 'error' : 'ok',
    text: textOfContent(message.content),
    ...(images.length ? { images } : {}),
  };
}

function userParts(content: BaseMessage['content']): UserPart[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return content.flatMap((block) => blockPart(block as Record<string, unknown>));
}

/** The three ways in which LangChain writes an image: by URL, in a v1 block, and in a v0 source block. */
function blockPart(block: Record<string, unknown>): UserPart[] {
  if (block.type === 'text' && typeof block.text === 'string')
    return [{ type: 'text', text: block.text } satisfies TextPart];
  const url =
    typeof block.image_url === 'string' ? block.image_url : (block.image_url as { url?: string })?.url;
  const [, mediaType, data] = /^data:([^;,]+);base64,(.*)$/s.exec(url ?? '') ?? [];
  if (mediaType && data) return [{ type: 'image', mediaType, data }];
  if (block.type === 'image' && typeof block.data === 'string') {
    const type = block.mimeType ?? block.mime_type;
    return [{ type: 'image', mediaType: typeof type === 'string' ? type : 'image/png', data: block.data }];
  }
  throw new Error(`A content block of type "${String(block.type)}" cannot be sent.`);
}

function textOfContent(content: BaseMessage['content']): string {
  if (typeof content === 'string') return content;
  return content.map((block) => (block.type === 'text' ? (block as { text: string }).text : '')).join('');
}
