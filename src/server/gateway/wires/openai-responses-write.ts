import type {
  AssistantPart,
  FilePart,
  ImagePart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
  UserPart,
} from '#protocol/message.ts';
import type { Dialect, ModelRequest, PromptMessage, Target } from '../types.ts';
import { responsesSettings, responsesTools } from './responses-settings.ts';
import { resultText } from './result-text.ts';
import { ownMarks, sealedReasoning } from './stored-items.ts';
import { argumentsObject } from './tool-calls.ts';
import type { WrittenMessages } from './written-messages.ts';

/** The JSON text of a responses body that OpenAI does not store. `model` is the name at the server. */
export function writeOpenAiResponses(
  request: ModelRequest,
  dialect: Dialect,
  written: WrittenMessages,
  model = request.target.model,
): string {
  const { target, settings } = request;
  const head = {
    model,
    ...(request.system === '' ? {} : { instructions: request.system }),
    ...responsesTools(request),
    ...responsesSettings(request, dialect),
    store: false,
    stream: settings.stream ?? true,
  };
  const scope = `responses:${target.provider}:${target.model}`;
  const items = request.messages
    .map((message) => written.text(message, scope, () => itemTexts(message, target).join(',')))
    .filter(Boolean);
  return `${JSON.stringify(head).slice(0, -1)},"input":[${items.join(',')}]}`;
}

function itemTexts(message: PromptMessage, target: Target): string[] {
  if (message.role === 'tool') return message.results.map((result) => JSON.stringify(outputItem(result)));
  if (message.role === 'assistant') return assistantItems(message.parts, target);
  const content = message.parts.flatMap(inputContent);
  return content.length ? [JSON.stringify({ type: 'message', role: 'user', content })] : [];
}

function inputContent(part: UserPart): object[] {
  if (part.type === 'image') return [inputImage(part)];
  if (part.type === 'file' && part.asIs) return [inputFile(part)];
  const text = part.type === 'text' ? part.text : `[The file ${part.name} is attached here.]`;
  return text === '' ? [] : [{ type: 'input_text', text }];
}

function inputFile({ name, mediaType, data, url }: FilePart): object {
  if (url !== undefined) return { type: 'input_file', file_url: url };
  return { type: 'input_file', filename: name, file_data: `data:${mediaType};base64,${data}` };
}

function inputImage(image: ImagePart): object {
  const { mediaType, data, url = `data:${mediaType};base64,${data}`, detail = 'auto' } = image;
  return { type: 'input_image', detail, image_url: url };
}

/**
 * An item's own id goes back only together with the reasoning before it: "Item 'fc_…' of type 'function_call' was
 * provided without its required 'reasoning' item: 'rs_…'". Without ids the same items are accepted as new ones. Reasoning
 * that nothing follows stays out: "Item 'rs_…' of type 'reasoning' was provided without its required following item."
 */
function assistantItems(parts: readonly AssistantPart[], target: Target): string[] {
  const reasoning = parts.filter((part) => part.type === 'reasoning');
  const withIds = reasoning.length > 0 && reasoning.every((part) => sealedReasoning(part, target) !== null);
  const last = parts.findLastIndex((part) => part.type !== 'reasoning' && !isEmpty(part));
  return parts.slice(0, last + 1).flatMap((part) => {
    if (part.type === 'reasoning') return (withIds && sealedReasoning(part, target)) || [];
    const { id, ...marks } = ownMarks(part, target);
    const known = withIds && id ? { id, ...marks } : marks;
    if (part.type === 'tool-call') return JSON.stringify(callItem(part, known));
    return part.text === '' ? [] : JSON.stringify(messageItem(part, known));
  });
}

function isEmpty(part: AssistantPart): boolean {
  return part.type === 'text' && part.text === '';
}

type Marks = ReturnType<typeof ownMarks>;

/** The arguments are those of the record, which a person may have edited; only the id is the provider's. */
function callItem({ toolCallId, name, args }: ToolCallPart, { id }: Marks): object {
  return {
    type: 'function_call',
    ...(id ? { id } : {}),
    call_id: toolCallId,
    name,
    arguments: argumentsObject(args),
  };
}

function messageItem({ text }: TextPart, { id, phase }: Marks): object {
  const kept = phase ? { phase } : {};
  if (!id) return { type: 'message', role: 'assistant', content: text, ...kept };
  const content = [{ type: 'output_text', text, annotations: [] }];
  return { type: 'message', id, role: 'assistant', status: 'completed', content, ...kept };
}

function outputItem(result: ToolResultPart): object {
  const { toolCallId, images = [] } = result;
  const text = resultText(result);
  const output = images.length ? [{ type: 'input_text', text }, ...images.map(inputImage)] : text;
  return { type: 'function_call_output', call_id: toolCallId, output };
}
