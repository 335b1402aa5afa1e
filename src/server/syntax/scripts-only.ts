const script = /(<script\b(?:"[^"]*"|'[^']*'|[^>"'])*>)([\s\S]*?)<\/script\s*>/gi;

/**
 * Blanks everything outside of `<script>` and keeps every line and column where it is, so that positions in the result are
 * positions in the file. Scripts that are data (`type="application/json"`) are blanked too.
 */
export function scriptsOnly(text: string): string {
  let kept = '';
  let end = 0;
  for (const match of text.matchAll(script)) {
    const [, tag = '', code = ''] = match;
    if (/\btype\s*=\s*["']?(?!module|text\/(?:java|type)script)[\w/+-]+/i.test(tag)) continue;
    const start = match.index + tag.length;
    kept += blank(text.slice(end, start)) + code;
    end = start + code.length;
  }
  return kept + blank(text.slice(end));
}

function blank(text: string): string {
  return text.replace(/[^\r\n]/g, ' ');
}
