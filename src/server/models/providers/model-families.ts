import type { Dialect } from '#server/gateway/types.ts';
import type { ModelFacts } from '../catalogue/facts.ts';

type Guess = Pick<ModelFacts, 'wire' | 'capabilities' | 'dialect'>;

/** What models of one family take and refuse wherever they run, known by nothing but their name. */
interface Family {
  name: RegExp;
  capabilities?: Partial<ModelFacts['capabilities']>;
  dialect?: Dialect;
}

/** A name comes with or without its maker: `kimi-k2-thinking`, `moonshotai/kimi-k2-thinking`. */
const families: Family[] = [
  {
    // "thinking is enabled but reasoning_content is missing in assistant tool call message" (platform.moonshot.ai,
    // api-docs.deepseek.com/guides/thinking_mode).
    name: /(^|\/)(kimi|deepseek)\b.*(think|reason|k2[.-][5-9]|v[4-9])/i,
    capabilities: { reasoning: true },
    dialect: { reasoningContent: true },
  },
  {
    // "Tool call id was … but must be a-z, A-Z, 0-9, with a length of 9."
    name: /(^|\/)(mistral|ministral|mixtral|codestral|devstral|magistral|pixtral)/i,
    dialect: { toolCallId: { pattern: '^[A-Za-z0-9]+$', maxLength: 9, exactLength: 9 } },
  },
  // Its own card: "the historical model output should only include the final response" (ai.google.dev/gemma).
  { name: /(^|\/)gemma/i, dialect: { reasoningBack: false } },
  // Templates that know only two roles: "Conversation roles must alternate user/assistant/user/assistant/...".
  { name: /(^|\/)(gemma-?[12]\b|llama-?2\b|phi-?[123]\b)/i, capabilities: { tools: false } },
];

/** A guess about a model that nobody knows, made better by its name. Families that both match both count. */
export function withFamily<Facts extends Guess>(model: string, guess: Facts): Facts {
  return families
    .filter(({ name }) => name.test(model))
    .reduce((facts, { capabilities, dialect }) => {
      const known = { ...facts.capabilities, ...capabilities };
      return {
        ...facts,
        capabilities: known,
        ...(dialect ? { dialect: { ...facts.dialect, ...dialect } } : {}),
      };
    }, guess);
}
