import { editFile } from './edit-file.ts';
import { executeCode } from './execute-code.ts';
import type { Web } from '#server/web/web.ts';
import { listFiles } from './list-files.ts';
import { readPage } from './read-page.ts';
import { readFile } from './read-file.ts';
import { readOutput } from './read-output.ts';
import { recall } from './recall.ts';
import { runTerminalCommand } from './run-terminal-command.ts';
import { searchText } from './search-text.ts';
import type { Tool } from './tool.ts';
import { webSearch } from './web-search.ts';
import { writeFile } from './write-file.ts';

/** The tools that every thread has, in the order in which models see them. Names and arguments are stable. */
export const standardTools: readonly Tool[] = [
  readFile,
  listFiles,
  searchText,
  writeFile,
  editFile,
  runTerminalCommand,
  executeCode,
  readOutput,
  recall,
];

/** What some tools need beside a sandbox; those whose service is not there are left out. */
export interface ToolServices {
  web?: Web;
}

/** The tools of this server, in the order in which models see them. */
export function createTools({ web }: ToolServices): readonly Tool[] {
  return [...standardTools, ...(web ? [webSearch(web), readPage(web)] : [])] as readonly Tool[];
}
