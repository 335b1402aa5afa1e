import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager';
import type { BaseLanguageModelInput } from '@langchain/core/language_models/base';
import {
  BaseChatModel,
  type BaseChatModelCallOptions,
  type BaseChatModelParams,
  type BindToolsInput,
} from '@langchain/core/language_models/chat_models';
import { AIMessage, AIMessageChunk, type BaseMessage } from '@langchain/core/messages';
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs';
import type { Runnable } from '@langchain/core/runnables';
import { convertToOpenAITool } from '@langchain/core/utils/function_calling';
import { CrosspointError } from '#protocol/errors.ts';
import type { UsageEntry } from '#protocol/usage.ts';
import type {
  Gateway,
  ModelRequest,
  ModelStreamEvent,
  RequestContext,
  Target,
  ToolDefinition,
} from '#server/gateway/types.ts';
import { project } from './handoff/project.ts';
import { fromLangChain, partsKey, type StoredParts } from './langchain-messages.ts';

export interface GatewayChatModelFields extends BaseChatModelParams {
  gateway: Gateway;
  target: Target;
  context: RequestContext;
  settings?: ModelRequest['settings'];
}

export interface GatewayCallOptions extends BaseChatModelCallOptions {
  tools?: BindToolsInput[];
}

type Finished = Extract<ModelStreamEvent, { type: 'finished' }>;

/**
 * Any model of any provider as a standard LangChain chat model: for LangGraph, and for whoever brings their own chain.
 * Messages of other models in the history are projected for this one, as in a thread. Retries are the gateway's alone.
 */
export class GatewayChatModel extends BaseChatModel<GatewayCallOptions, AIMessageChunk> {
  readonly #fields: GatewayChatModelFields;

  constructor(fields: GatewayChatModelFields) {
    super({ ...fields, maxRetries: 0 });
    this.#fields = fields;
  }

  override _llmType(): string {
    return 'crosspoint-gateway';
  }

  override bindTools(
    tools: BindToolsInput[],
    options?: Partial<GatewayCallOptions>,
  ): Runnable<BaseLanguageModelInput, AIMessageChunk, GatewayCallOptions> {
    return this.withConfig({ ...options, tools });
  }

  /** @throws {CrosspointError} the gateway's typed error */
  override async _generate(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    run?: CallbackManagerForLLMRun,
  ): Promise<ChatResult> {
    for await (const event of this.#stream(messages, options)) {
      if (event.type === 'text-delta') await run?.handleLLMNewToken(event.text);
      if (event.type !== 'finished') continue;
      const message = new AIMessage(this.#answer(event));
      return { generations: [{ message, text: message.text }] };
    }
    throw this.#cut();
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    run?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    let finished = false;
    for await (const event of this.#stream(messages, options)) {
      if (event.type === 'text-delta') {
        const message = new AIMessageChunk({ content: event.text });
        const chunk = new ChatGenerationChunk({ message, text: event.text });
        yield chunk;
        await run?.handleLLMNewToken(event.text, undefined, undefined, undefined, undefined, { chunk });
      }
      if (event.type !== 'finished') continue;
      finished = true;
      yield new ChatGenerationChunk({ message: this.#lastChunk(event), text: '' });
    }
    if (!finished) throw this.#cut();
  }

  #stream(messages: BaseMessage[], options: this['ParsedCallOptions']): AsyncIterable<ModelStreamEvent> {
    const { gateway, target, context, settings = {} } = this.#fields;
    const { system, transcript } = fromLangChain(messages);
    const projection = project(transcript, target);
    const request: ModelRequest = {
      target,
      system,
      messages: projection.messages,
      tools: (options.tools ?? []).map(toolDefinition),
      ...toolChoiceOf(options.tool_choice),
      settings,
      ...(projection.suppressReasoning ? { suppressReasoning: true } : {}),
      context,
    };
    return gateway.stream(request, options.signal ?? new AbortController().signal);
  }

  #answer(event: Finished) {
    const content = event.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
    const calls = event.parts.filter((part) => part.type === 'tool-call');
    return {
      content,
      tool_calls: calls.map((call) => ({
        type: 'tool_call' as const,
        id: call.toolCallId,
        name: call.name,
        args: JSON.parse(call.args) as Record<string, unknown>,
      })),
      ...this.#metadata(event),
    };
  }

  /**
   * Calls are sent once, whole: LangChain repairs the JSON of a call that was cut off and would run it. Their index
   * starts at 1, because text has index 0 and LangChain's event stream merges what shares an index.
   */
  #lastChunk(event: Finished): AIMessageChunk {
    const calls = event.parts.filter((part) => part.type === 'tool-call');
    return new AIMessageChunk({
      content: '',
      tool_call_chunks: calls.map((call, index) => ({
        type: 'tool_call_chunk' as const,
        id: call.toolCallId,
        name: call.name,
        args: call.args,
        index: index + 1,
      })),
      ...this.#metadata(event),
    });
  }

  #metadata({ parts, reason, usage, servedModel }: Finished) {
    const { provider, model, wire } = this.#fields.target;
    const stored: StoredParts = { provider, model, wire, parts };
    return {
      usage_metadata: usageMetadata(usage),
      response_metadata: {
        finish_reason: reason,
        model_name: servedModel ?? model,
        [partsKey]: JSON.stringify(stored),
      },
    };
  }

  #cut(): CrosspointError {
    return new CrosspointError('provider_stream_cut', { provider: this.#fields.target.provider });
  }
}

function toolDefinition(tool: BindToolsInput): ToolDefinition {
  const { name, description = '', parameters } = convertToOpenAITool(tool).function;
  return { name, description, parameters: parameters ?? { type: 'object', properties: {} } };
}

function toolChoiceOf(choice: unknown): Pick<ModelRequest, 'toolChoice'> {
  if (choice === undefined) return {};
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { toolChoice: choice };
  if (choice === 'any') return { toolChoice: 'required' };
  throw new CrosspointError('bad_request', {
    detail: 'tool_choice takes "auto", "none", "any" or "required".',
  });
}

function usageMetadata(usage: UsageEntry) {
  return {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    input_token_details: { cache_read: usage.cacheReadTokens, cache_creation: usage.cacheWriteTokens },
    output_token_details: { reasoning: usage.reasoningTokens },
  };
}
