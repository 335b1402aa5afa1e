import type { AssistantPart, ReasoningPart } from '#protocol/message.ts';
import type { Dialect, ModelRequest, Target } from '../types.ts';
import { thinking, thinkingKind } from '../wires/anthropic-thinking.ts';
import { openCapsule, sealCapsule } from '../wires/capsule.ts';
import type { ChatMessage } from '../wires/chat-message.ts';
import type { ChatReasoning } from '../wires/chat-reasoning.ts';
import { OpenAiChatReader } from '../wires/openai-chat-read.ts';
import { writeOpenAiChat } from '../wires/openai-chat-write.ts';
import type { ReasoningDetail } from '../wires/reasoning-details.ts';
import type { WireAnswer, WireCodec, WirePartial } from '../wires/wire.ts';

const cacheControl = { type: 'ephemeral' };

/**
 * Claude through Helicone's unified gateway, which speaks chat completions for every provider and translates
 * (docs.helicone.ai/gateway/concepts/reasoning and /prompt-caching): thinking comes and goes as `reasoning_details` of
 * `{thinking, signature}`, cache breakpoints stand on parts and messages. Capsules are those of the messages wire, so a
 * conversation can change between this route and the direct one. What the gateway cannot carry: `redacted_thinking`.
 */
export function claudeOverChat(model: string): WireCodec {
  return {
    path: '/chat/completions',
    headers: {},
    write: (request, dialect, written) =>
      writeOpenAiChat(
        withMaxTokens(request, dialect),
        { maxTokensField: 'max_tokens' },
        {
          model,
          reasoning: claudeReasoning(request.target, dialect, thinks(request, dialect)),
          scope: `claude-chat:${thinks(request, dialect)}`,
          system: (text) => ({
            role: 'system',
            content: [{ type: 'text', text, cache_control: cacheControl }],
          }),
          mark: (message) => ({ ...message, cache_control: cacheControl }) satisfies ChatMessage,
        },
        written,
      ),
    reader: (target, dialect) =>
      new ClaudeOverChatReader(target, dialect, claudeReasoning(target, dialect, true)),
  };
}

/** Helicone leaves what was written to the cache out of `prompt_tokens` (its mapModelUsageToOpenAI). */
class ClaudeOverChatReader extends OpenAiChatReader {
  override end(): WireAnswer {
    return withCacheWrites(super.end());
  }

  override partial(): WirePartial {
    return withCacheWrites(super.partial());
  }
}

function withCacheWrites<Answer extends WirePartial>(answer: Answer): Answer {
  const { usage } = answer;
  if (!usage) return answer;
  return { ...answer, usage: { ...usage, inputTokens: usage.inputTokens + usage.cacheWriteTokens } };
}

/** Helicone takes 4,096 where none is given, too few for a file. */
function withMaxTokens(request: ModelRequest, dialect: Dialect): ModelRequest {
  const settings = { ...request.settings, maxTokens: thinking(request, dialect).maxTokens };
  if (thinks(request, dialect)) delete settings.temperature;
  return { ...request, settings };
}

/** The gateway translates effort to `enabled` with a budget, which the newest models refuse: they answer without thinking. */
function thinks(request: ModelRequest, dialect: Dialect): boolean {
  return thinkingKind(request.target, dialect) === 'budget' && thinking(request, dialect).on;
}

function claudeReasoning(target: Target, dialect: Dialect, on: boolean): ChatReasoning {
  return {
    settings(request) {
      const config = thinking(request, dialect).fields.thinking as { budget_tokens?: number } | undefined;
      if (!on || config?.budget_tokens === undefined) return {};
      return {
        reasoning_effort: request.settings.reasoningEffort,
        reasoning_options: { budget_tokens: config.budget_tokens },
      };
    },
    fields(parts) {
      const details = on ? parts.flatMap((part) => thinkingDetail(part, target)) : [];
      return details.length ? { reasoning_details: details } : {};
    },
    parts: (text, details) => thinkingParts(text, details, target),
  };
}

function thinkingDetail(part: AssistantPart, target: Target): object[] {
  const data = part.type === 'reasoning' ? openCapsule(part.capsule, target) : null;
  if (data === null) return [];
  const block = (JSON.parse(data) ?? {}) as { type?: string; thinking?: string; signature?: string };
  const isSigned = block.type === 'thinking' && typeof block.thinking === 'string' && block.signature;
  return isSigned ? [{ thinking: block.thinking, signature: block.signature }] : [];
}

function thinkingParts(text: string, details: ReasoningDetail[], target: Target): ReasoningPart[] {
  const parts = details.flatMap(({ thinking: thought, signature }): ReasoningPart[] => {
    if (typeof thought !== 'string' || !signature) return [];
    const block = { type: 'thinking', thinking: thought, signature };
    return [{ type: 'reasoning', text: thought, capsule: sealCapsule(target, block) }];
  });
  if (parts.length || text === '') return parts;
  return [{ type: 'reasoning', text }];
}
