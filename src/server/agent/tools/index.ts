import type { FastApply } from '../fast-apply.ts';
import type { Explorer } from '../subagent/explorer.ts';
import type { SkillFiles } from '../skills/read-skills.ts';
import { editFile } from './edit-file.ts';
import { executeCode } from './execute-code.ts';
import type { CodeSearch } from '#server/search/code-search.ts';
import type { Web } from '#server/web/web.ts';
import { explore } from './explore.ts';
import { listFiles } from './list-files.ts';
import { readPage } from './read-page.ts';
import { readFile } from './read-file.ts';
import { loadSkill } from './load-skill.ts';
import { readOutput } from './read-output.ts';
import { recall } from './recall.ts';
import { runTerminalCommand } from './run-terminal-command.ts';
import { searchCode } from './search-code.ts';
import { searchText } from './search-text.ts';
import type { Tool } from './tool.ts';
import { updatePlan } from './update-plan.ts';
import { webSearch } from './web-search.ts';
import { writeFile } from './write-file.ts';

/** The tools that every thread has, in the order in which models see them. Names and arguments are stable. */
export const standardTools: readonly Tool[] = ofEveryThread(null, null);

function ofEveryThread(fastApply: FastApply | null, ownSkills: SkillFiles | null): Tool[] {
  return [
    readFile,
    listFiles,
    searchText,
    writeFile,
    editFile(fastApply),
    runTerminalCommand,
    executeCode,
    readOutput,
    loadSkill(ownSkills),
    recall,
    updatePlan,
  ];
}

/** What some tools need beside a sandbox; those whose service is not there are left out. */
export interface ToolServices {
  fastApply?: FastApply | null;
  web?: Web | null;
  codeSearch?: CodeSearch | null;
  explorer?: Explorer | null;
  ownSkills?: SkillFiles | null;
}

/** The tools of this server, in the order in which models see them. */
export function createTools({
  fastApply,
  web,
  codeSearch,
  explorer,
  ownSkills,
}: ToolServices): readonly Tool[] {
  const tools = [
    ...ofEveryThread(fastApply ?? null, ownSkills ?? null),
    ...(codeSearch ? [searchCode(codeSearch)] : []),
    ...(web ? [webSearch(web), readPage(web)] : []),
  ];
  return explorer ? [...tools, explore(explorer, tools)] : tools;
}
