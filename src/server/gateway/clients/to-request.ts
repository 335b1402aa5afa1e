import type { Dialect, ModelRequest, PromptMessage, RequestContext, Target } from '../types.ts';
import { assertTakes } from './takes.ts';
import type { ClientCall } from './client-wire.ts';

/**
 * A client's call for one target, after the projection of `call.transcript(target)`.
 * @param dialect of its provider
 * @throws CrosspointError `unsupported_parameter` when this target's wire has no way to say what the client wants
 */
export function modelRequest(
  call: ClientCall,
  target: Target,
  projection: { messages: PromptMessage[]; suppressReasoning: boolean },
  context: RequestContext,
  dialect: Dialect = {},
): ModelRequest {
  assertTakes(call, projection.messages, target, { ...dialect, ...target.dialect });
  const { system, tools, toolChoice, settings, stream } = call;
  return {
    target,
    system,
    messages: projection.messages,
    tools,
    ...(toolChoice ? { toolChoice } : {}),
    settings: { ...settings, stream, ...limit(settings.maxTokens, target.maxOutput) },
    ...(projection.suppressReasoning ? { suppressReasoning: true } : {}),
    context,
  };
}

/** Clients ask for as much as their usual model writes; one that writes less would refuse that. */
function limit(asked: number | undefined, most: number | null): { maxTokens?: number } {
  return asked === undefined ? {} : { maxTokens: Math.min(asked, most ?? asked) };
}
