/**
 * Half of a surrogate pair, as a cut through an emoji leaves it, is no text in UTF-8: the request goes out with a
 * replacement character in its place.
 *
 * Refusals this prevents:
 * - Anthropic: "The request body is not valid JSON: no low surrogate in string"
 * - OpenAI: "We could not parse the JSON body of your request"
 */
export function wellFormed<Part extends { text: string }>(part: Part): Part {
  return part.text.isWellFormed() ? part : { ...part, text: part.text.toWellFormed() };
}
