/** Reads "key = value" lines; "#" begins a comment. */
export function parseSettings(text) {
  const settings = {};
  for (const line of text.split('\n')) {
    const content = line.split('#')[0].trim();
    if (content === '') continue;
    const divider = content.indexOf('=');
    if (divider < 0) continue;
    settings[content.slice(0, divider).trim()] = content.slice(divider + 1).trim();
  }
  return settings;
}
