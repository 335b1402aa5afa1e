/** Reads "key = value" lines; "#" begins a comment. */
export function parseSettings(text) {
  const settings = {};
  for (const line of text.split('\n')) {
    const content = line.split('#')[0].trim();
    if (content === '') continue;
    const [key, value] = content.split('=');
    settings[key] = value;
  }
  return settings;
}
