import type { Json } from '../fields.ts';

/** What a response repeats of its request, with OpenAI's defaults. Nothing is stored, whatever was asked. */
export function echoOf(body: Json): Record<string, unknown> {
  const reasoning = { effort: null, summary: null, ...(body.reasoning as object | null | undefined) };
  const text = { format: { type: 'text' }, ...(body.text as object | null | undefined) };
  return {
    background: false,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: null,
    metadata: body.metadata ?? {},
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: null,
    prompt_cache_key: body.prompt_cache_key ?? null,
    reasoning,
    safety_identifier: body.safety_identifier ?? null,
    service_tier: 'default',
    store: false,
    temperature: body.temperature ?? 1,
    text,
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_logprobs: 0,
    top_p: body.top_p ?? 1,
    truncation: 'disabled',
    ...(body.user ? { user: body.user } : {}),
  };
}
