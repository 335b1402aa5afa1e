import { editFile } from './edit-file.ts';
import { executeCode } from './execute-code.ts';
import { listFiles } from './list-files.ts';
import { readFile } from './read-file.ts';
import { recall } from './recall.ts';
import { runTerminalCommand } from './run-terminal-command.ts';
import { searchText } from './search-text.ts';
import type { Tool } from './tool.ts';
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
  recall,
];

/** What some tools need beside a sandbox; those whose service is not there are left out. */
export type ToolServices = Record<string, never>;

/** The tools of this server, in the order in which models see them. */
export function createTools(_services: ToolServices): readonly Tool[] {
  return standardTools;
}
