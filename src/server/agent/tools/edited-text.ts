import { applyChanges, type Change, type Edit, type Rung } from '#server/edit/apply.ts';
import { closestPlaces } from '#server/edit/closest-places.ts';
import { FileText } from '#server/edit/file-text.ts';
import { parsePatch } from '#server/edit/formats/parse-patch.ts';
import { ChangeRefusal, refuseOmission } from './file-change.ts';

interface Changes {
  path: string;
  edits?: Edit[] | undefined;
  patch?: string | undefined;
}

/** How an edit that does not stand there to the letter was found all the same. */
const findings: Record<Exclude<Rung, 'exact'>, string> = {
  trailing_space: 'but for whitespace at the end of lines',
  typography: 'but for typographic characters, such as curly quotes',
  indentation: 'but for its indentation',
  line_numbers: 'but for copied line numbers',
  escapes: 'but for escapes that were written out',
  blank_lines: 'but for blank lines',
};

/**
 * The text after edits, or a patch.
 * @param isChanged the file is another than the model knows: then only what stands there to the letter is replaced
 * @returns with what the model should know of how its edits were found
 * @throws {EditRefusal}, {ChangeRefusal}
 */
export function editedText(
  { path, edits, patch }: Changes,
  before: string,
  isChanged: boolean,
): { text: string; notes: string[] } {
  const changes: readonly Change[] = patch === undefined ? (edits ?? []) : parsePatch(path, patch);
  const { text, rungs } = applyChanges(path, before, changes);
  const name = patch === undefined ? 'Edit' : 'Hunk';
  const notes = rungs.flatMap((rung, index) => {
    if (rung === 'exact') return [];
    const found = `${name} ${index + 1} stood there only ${findings[rung]}`;
    if (isChanged) throw notExact(path, before, found, changes[index]);
    return [`${found}; lines that stay were left as they are.`];
  });
  refuseOmission(path, before, text);
  return { text, notes };
}

function notExact(path: string, before: string, found: string, change: Change | undefined): ChangeRefusal {
  const wanted = change && ('oldText' in change ? change.oldText : change.oldLines.join('\n'));
  const { excerpts } = closestPlaces(new FileText(before), wanted ?? '');
  const head = `${found}, and ${path} was changed since you last saw it. Nothing was changed, since nobody can say whether the same place is meant.`;
  return new ChangeRefusal(
    `${head} The closest places, with their line numbers:\n\n${excerpts.join('\n\n')}\n\nRead the file again, and copy the text exactly as it stands there.`,
  );
}
