/** A name that asks for whatever is newest, or that chooses a model itself: what serves is not promised. */
const routers: ReadonlySet<string> = new Set(['openrouter/auto']);

/** `-2025-04-14`, `-20260101`, `@20260101` (Vertex), `-0613` (month and day) and `-2411` (year and month). */
const dateSuffix =
  /[-@](20\d\d-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])|(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])|2\d(0[1-9]|1[0-2]))$/;

/** Helicone's unified gateway writes `model/provider`. */
const heliconeSuffix = /\/(openai|anthropic|groq|openrouter|azure|bedrock|vertex|google-ai-studio)$/;

/** What is asked of OpenRouter beside the model: how to route, never what serves. */
const routingSuffix = /:(nitro|floor|exacto|online|latest)$/;

/**
 * Whether a provider's own name of what served is the model that was asked: the same name, or a dated version of it, or the
 * same under another spelling of provider or case. Everything else is another model. Without a name nothing is known to
 * differ.
 * @param requested without our own provider's prefix, as in `UsageEntry.model`
 */
export function isServedAsAsked(requested: string, served: string | undefined): boolean {
  if (!served || routers.has(requested.toLowerCase())) return true;
  const [asked, given] = [nameOf(requested), nameOf(served)];
  if (asked.path !== '' && given.path !== '' && asked.path !== given.path) return false;
  return (
    spelling(asked.name) === spelling(given.name) ||
    spelling(alias(asked.name)) === spelling(undated(given.name))
  );
}

/** `models/` (Google) and `accounts/…/models/` (Fireworks) are shelves and say nothing. */
function nameOf(id: string): { path: string; name: string } {
  const whole = id
    .trim()
    .toLowerCase()
    .replace(/^.*\bmodels\//, '')
    .replace(routingSuffix, '');
  const text = whole.replace(heliconeSuffix, '');
  const slash = text.lastIndexOf('/');
  return { path: text.slice(0, Math.max(0, slash)), name: text.slice(slash + 1) };
}

function alias(name: string): string {
  return name.replace(/-latest$/, '');
}

function undated(name: string): string {
  return name.replace(dateSuffix, '');
}

/** Claude's words come in any order and with dots: `claude-sonnet-4-6` is `claude-4.6-sonnet` elsewhere. */
function spelling(name: string): string {
  if (!name.startsWith('claude')) return name;
  const words = name.replaceAll('.', '-').split('-');
  const [numbers, letters] = [
    words.filter((word) => /^\d/.test(word)),
    words.filter((word) => !/^\d/.test(word)),
  ];
  return [...letters.toSorted(), ...numbers].join('-');
}
