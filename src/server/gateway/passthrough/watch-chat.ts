import { finishReasons } from '../wires/openai-chat-read.ts';
import { readChatUsage, type ChatUsage } from '../wires/openai-chat-usage.ts';
import { stringAt, valueAt } from './top-level.ts';
import type { Seen, WatchOptions, WireWatch } from './watch.ts';

interface Chunk {
  model?: string;
  error?: unknown;
  usage?: ChatUsage | null;
  x_groq?: { usage?: ChatUsage; error?: unknown } | null;
  choices?: { delta?: Delta | null; text?: string; finish_reason?: string | null; error?: unknown }[] | null;
}

interface Delta {
  content?: string | unknown[] | null;
  refusal?: string | null;
  reasoning?: string | null;
  reasoning_content?: string | null;
  tool_calls?: unknown[] | null;
  function_call?: unknown;
  audio?: unknown;
}

/** Chat completions, and embeddings, whose usage has the same names. */
export function watchChat({ dialect, ownUsage }: WatchOptions): WireWatch {
  const take = (usage: ChatUsage | null | undefined, seen: Seen) => {
    if (usage) seen.usage = readChatUsage(usage, dialect);
  };
  return {
    sign: /"(?:usage|finish_reason|error)"\s*:(?!\s*null)|\[DONE\]/,
    event(data, seen) {
      if (data === '[DONE]') {
        seen.ended = true;
        return false;
      }
      const chunk = data as Chunk;
      const choice = chunk.choices?.[0];
      const finish = chunk.choices?.find(({ finish_reason: reason }) => reason)?.finish_reason;
      seen.error = chunk.error ?? chunk.x_groq?.error ?? choice?.error ?? undefined;
      if (finish === 'error') seen.error ??= { message: 'error' };
      seen.servedModel ||= chunk.model;
      take(chunk.usage ?? chunk.x_groq?.usage, seen);
      if (finish) {
        seen.finish = finishReasons[finish] ?? 'stop';
        seen.ended = true;
      }
      const characters = spoken(choice?.delta) + (choice?.text?.length ?? 0);
      seen.characters += characters;
      seen.meaningful ||= characters > 0 || Boolean(finish);
      return ownUsage && Boolean(chunk.usage) && chunk.choices?.length === 0;
    },
    whole(answer, seen) {
      seen.error = valueAt(answer, 'error') ?? undefined;
      take(valueAt(answer, 'usage') as ChatUsage | null, seen);
      seen.servedModel = stringAt(answer, 'model');
      const choices = answer.values.get('choices');
      const text = choices ? answer.body.toString('latin1', choices.start, choices.end) : '';
      const finish = /"finish_reason"\s*:\s*"(\w+)"/.exec(text)?.[1];
      if (finish === 'error') seen.error ??= { message: 'error' };
      seen.finish = finish ? (finishReasons[finish] ?? 'stop') : null;
      seen.ended = choices !== undefined || answer.values.has('data');
    },
  };
}

function spoken(delta: Delta | null | undefined): number {
  if (!delta) return 0;
  const texts = [delta.content, delta.refusal, delta.reasoning, delta.reasoning_content, delta.tool_calls];
  const other = delta.function_call || delta.audio ? 1 : 0;
  return texts.reduce((sum, text) => sum + (text?.length ?? 0), other);
}
