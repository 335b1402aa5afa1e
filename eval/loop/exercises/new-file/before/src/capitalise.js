/** The first letter in upper case. */
export function capitalise(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
