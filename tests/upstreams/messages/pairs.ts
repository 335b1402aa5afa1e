import { refuse, type Json } from '../refusal.ts';
import { blocksOf } from './content.ts';

/** Each `tool_use` is answered first thing in the next message, and nothing else is answered. */
export function checkToolPairs(messages: readonly Json[]): void {
  const seen = new Set<string>();
  messages.forEach((message, index) => {
    const uses = ids(message, 'tool_use', 'id');
    for (const id of uses) {
      if (seen.has(id)) refuse(`messages.${index}: \`tool_use\` ids must be unique`);
      seen.add(id);
    }
    const answered = ids(messages[index + 1], 'tool_result', 'tool_use_id', true);
    const missing = uses.filter((id) => !answered.includes(id));
    if (missing.length)
      refuse(
        `messages.${index + 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
      );
    checkResults(message, index, ids(messages[index - 1], 'tool_use', 'id'));
  });
}

function checkResults(message: Json, index: number, expected: readonly string[]): void {
  const results = ids(message, 'tool_result', 'tool_use_id');
  results.forEach((id, position) => {
    if (!expected.includes(id))
      refuse(
        `messages.${index}.content.${position}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      );
    if (results.indexOf(id) !== position)
      refuse(
        `messages.${index}.content.${position}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${id}`,
      );
  });
}

/** @param leading only those before the first other block */
function ids(message: Json | undefined, type: string, key: string, leading = false): string[] {
  if (!message) return [];
  const blocks = blocksOf(message);
  const end = leading ? blocks.findIndex((block) => block.type !== type) : -1;
  return blocks
    .slice(0, end < 0 ? blocks.length : end)
    .filter((block) => block.type === type)
    .map((block) => String(block[key]));
}
