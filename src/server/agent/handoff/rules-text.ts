import { posix } from 'node:path';
import type { FolderRules } from '#protocol/message.ts';

/** As a model reads them, after what the call gave. */
export function rulesText(rules: readonly FolderRules[] | undefined): string {
  if (!rules?.length) return '';
  return rules
    .map(
      ({ path, text }) =>
        `\n\n[Instructions of this project for ${meantFor(path)}, from ${path}; what the person says comes first.]\n<project_instructions>\n${text}\n</project_instructions>`,
    )
    .join('');
}

/** Cursor's rules are for a pattern, which the file of the call is of. */
function meantFor(path: string): string {
  return path.startsWith('.cursor/rules/') ? 'files like this one' : `${posix.dirname(path)}/`;
}
