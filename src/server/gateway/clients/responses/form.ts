import type { FinishReason } from '../../types.ts';
import type { ClientTool } from '../client-tools.ts';
import type { AnsweredUsage, AnswerHead, ClientCall } from '../client-wire.ts';

/** The parts that streams and whole answers of responses have in common. */

export interface ResponseItem {
  id: string;
  type: string;
  status?: string;
  [field: string]: unknown;
}

/** A response as it stands; `output` and `usage` come when they are known. */
export function responseObject(
  { echo }: ClientCall,
  { id, model, created }: AnswerHead,
  fields: { status: string; output: ResponseItem[]; [field: string]: unknown },
): object {
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: created,
    completed_at: null,
    error: null,
    incomplete_details: null,
    model,
    ...echo,
    usage: null,
    ...fields,
  };
}

export function endFields(reason: FinishReason, refused: boolean) {
  const why = incompleteReason(reason, refused);
  if (!why) return { status: 'completed', completed_at: Math.floor(Date.now() / 1000) };
  return { status: 'incomplete', incomplete_details: { reason: why } };
}

/** A model that declines in words of its own has completed its answer. */
function incompleteReason(reason: FinishReason, refused: boolean): string | null {
  if (reason === 'length') return 'max_output_tokens';
  return reason === 'content-filter' || (reason === 'refusal' && !refused) ? 'content_filter' : null;
}

export function responseUsage(usage: AnsweredUsage): object {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens } = usage;
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cacheReadTokens, cache_write_tokens: cacheWriteTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: inputTokens + outputTokens,
  };
}

export function reasoningItem(id: string, text: string, sealed: string | undefined): ResponseItem {
  return {
    id,
    type: 'reasoning',
    summary: text === '' ? [] : [{ type: 'summary_text', text }],
    ...(sealed === undefined ? {} : { encrypted_content: sealed }),
  };
}

export function messageItem(id: string, content: object[], status: string): ResponseItem {
  return { id, type: 'message', status, role: 'assistant', content };
}

export function spokenPart(text: string, refused: boolean): object {
  return refused
    ? { type: 'refusal', refusal: text }
    : { type: 'output_text', text, annotations: [], logprobs: [] };
}

/** @param call `args`: of a free tool its text */
export function callItem(
  id: string,
  call: { id: string; name: string; args: string },
  status: string,
  tool?: ClientTool,
): ResponseItem {
  const { name = call.name, namespace } = tool ?? {};
  const called = { call_id: call.id, name, ...(namespace === undefined ? {} : { namespace }) };
  if (tool?.free) return { id, type: 'custom_tool_call', status, input: call.args, ...called };
  return { id, type: 'function_call', status, arguments: call.args, ...called };
}

/** The beginning of the id of a call's item. */
export function callPrefix(tool: ClientTool | undefined): string {
  return tool?.free ? 'ctc' : 'fc';
}
