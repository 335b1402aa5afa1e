/** Sequences that a terminal obeys: CSI, OSC, DCS and their kind, and two-character escapes. */
const escapes =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]/g;

/** All but tab and line feed. */
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/**
 * What nobody sees: zero width, direction, fillers, selectors of variants, tags (which can spell whole sentences), and
 * the lone halves of a pair.
 */
const invisible =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;

const comments = /<!--[\s\S]*?(?:-->|$)/g;

/** Marks by which the templates of models tell who speaks: some local servers read them in any text. */
const templateMarks =
  /<\|(?=[^\n|]{1,40}\|>)|<\/?(?=(?:s|start_of_turn|end_of_turn|system|assistant|user|human|tool_call|tool_response|tool_result|function_calls|function_results|invoke|antml)\b[^\n<>]{0,60}>)|\[(?=\/?INST\])|<<(?=\/?SYS>>)/gi;

/**
 * A text of strangers as a model may read it and a person may see it: nothing that is hidden from the person, that a
 * terminal obeys, or that passes for another speaker. It stays readable: marks are broken by a space, not removed.
 */
export function cleanText(text: string): string {
  const clean = text
    .toWellFormed()
    .replace(escapes, '')
    .replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
    .replace(controls, '')
    .replace(invisible, '')
    .replace(comments, '')
    .replace(templateMarks, (mark) => `${mark.slice(0, 1)} ${mark.slice(1)}`);
  return trimLines(clean);
}

/** Without space at the ends of lines, and at most one empty line in a row. */
export function trimLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** The same on one line, cut. */
export function cleanLine(text: string, limit: number): string {
  const line = cleanText(text).replace(/\s+/g, ' ');
  return line.length > limit ? `${line.slice(0, limit - 1).toWellFormed()}…` : line;
}
