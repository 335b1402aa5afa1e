import type { Dialect } from '#server/gateway/types.ts';
import type { ModelFacts } from '../catalogue/facts.ts';

type Guess = Pick<ModelFacts, 'wire' | 'capabilities' | 'dialect' | 'guessed'>;

/** What models of one family take and refuse wherever they run, known by nothing but their name. */
interface Family {
  name: RegExp;
  capabilities?: Partial<ModelFacts['capabilities']>;
  dialect?: Dialect;
  /** The model's own rule, whoever serves it; the others are rules of servers, which hosts keep by themselves. */
  everywhere?: true;
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
    // "Tool call id was … but must be a-z, A-Z, 0-9, with a length of 9.", "Unexpected role 'user' after role 'tool'": its own
    // API says so, and through OpenRouter too (zed-industries/zed#37021, charmbracelet/crush#279).
    name: /(^|\/)(mistral|ministral|mixtral|codestral|devstral|magistral|pixtral)/i,
    dialect: {
      toolCallId: { pattern: '^[A-Za-z0-9]+$', maxLength: 9, exactLength: 9 },
      strictTurns: true,
    },
    everywhere: true,
  },
  // "Function call is missing a thought_signature in functionCall parts." (ai.google.dev/gemini-api/docs/thought-signatures);
  // older ones give signatures and take calls without.
  { name: /(^|\/)gemini-/i, capabilities: { reasoning: true } },
  { name: /(^|\/)gemini-(?![12]\b)/i, dialect: { thoughtSignatures: true }, everywhere: true },
  // Its own card: "the historical model output should only include the final response" (ai.google.dev/gemma).
  { name: /(^|\/)gemma/i, dialect: { reasoningBack: false }, everywhere: true },
  // Templates that know only two roles: "Conversation roles must alternate user/assistant/user/assistant/...".
  {
    name: /(^|\/)(gemma-?[12]\b|llama-?2\b|phi-?[123]\b)/i,
    capabilities: { tools: false },
    dialect: { strictTurns: true },
  },
  // "System role not supported" (the template of Gemma 1 and 2).
  { name: /(^|\/)gemma-?[12]\b/i, dialect: { systemRole: false } },
];

/**
 * Families that see images, by the names of their models. Smaller and older ones of the same name that do not see are
 * left out where they are known: a wrong guess costs a refused request.
 */
const seeing =
  /(^|\/)(llava|bakllava|moondream|pixtral|minicpm-v|internvl|gemma-?(3n|[34](?![-:.]?(1b|270m)))|llama-?4|gpt-4o|gpt-4\.1|gpt-[5-9](?![-.\d]*-?oss)|o[34]\b|claude-|gemini-|kimi-k2[.-][5-9]|phi-4-multimodal|mistral-small-?3\.[1-9]|mistral-medium-3|glm-[\d.]+v)|[-_.:\d]vl\b|vision/i;

/** A guess about a model that nobody knows, made better by its name. Families that both match both count. */
export function withFamily<Facts extends Guess>(model: string, guess: Facts): Facts {
  const known = applied(model, guess, families);
  if (!seeing.test(model) || known.capabilities.images) return known;
  return { ...known, capabilities: { ...known.capabilities, images: true }, guessed: ['images'] };
}

/** The same for a provider that hosts models of all makers and keeps the rules of their servers itself. */
export function withModelRules<Facts extends Guess>(model: string, guess: Facts): Facts {
  return applied(
    model,
    guess,
    families.filter(({ everywhere }) => everywhere),
  );
}

function applied<Facts extends Guess>(model: string, guess: Facts, rules: readonly Family[]): Facts {
  return rules
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
