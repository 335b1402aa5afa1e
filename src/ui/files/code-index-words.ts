import type { CodeIndexView } from '#protocol/code-index.ts';
import { plural } from '#ui/client/format.ts';

export interface CodeIndexWords {
  text: string;
  isWarning: boolean;
}

/** What a person is told of the index of the workspace's code; null: there is nothing to tell. */
export function codeIndexWords({
  state,
  files,
  done,
  partial,
  problem,
}: CodeIndexView): CodeIndexWords | null {
  if (state === 'failed')
    return { text: `Code search: ${problem ?? 'the files were not read.'}`, isWarning: true };
  if (state === 'indexing')
    return { text: `Reading the code: ${count.format(done)} of ${plural(files, 'file')}`, isWarning: false };
  if (state === 'new' || files === 0) return null;
  const text = [`Code search: ${plural(done, 'file')}`, ...partial].join('. ');
  return { text, isWarning: partial.length > 0 };
}

const count = new Intl.NumberFormat('en');
