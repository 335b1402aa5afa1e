import { flushCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { DatabaseSync } from 'node:sqlite';
import { openIndexFile, removeIndexFile } from './index-file.ts';
import type { StoreAnswer, StoreRequest, StoreThreadData } from './store-protocol.ts';
import { WorkspaceTables } from './workspace-tables.ts';

/** Workspaces that are open at a time; the one that was used longest ago is closed for the next. */
const mostOpen = 8;

const { space } = workerData as StoreThreadData;
const open = new Map<string, { database: DatabaseSync; tables: WorkspaceTables }>();

// A thread that is ended keeps nothing for the next one by itself.
flushCompileCache();

/** Runs in a thread of its own: a query of a large workspace would hold the server up. */
parentPort?.on('message', (request: StoreRequest) => {
  const { id } = request;
  let answer: StoreAnswer;
  try {
    answer = { id, result: carryOut(request) };
  } catch (cause) {
    // A file that cannot be read any more is opened anew, and replaced when it is damaged.
    close(request.file);
    answer = { id, error: cause instanceof Error ? cause.message : String(cause) };
  }
  parentPort?.postMessage(answer);
});

function carryOut(request: StoreRequest): unknown {
  if (request.operation === 'removeWorkspace') {
    close(request.file);
    return removeIndexFile(request.file);
  }
  const tables = tablesOf(request.file);
  if (request.operation === 'put') return tables.put(request.arguments.files);
  if (request.operation === 'removeFiles') return tables.removeFiles(request.arguments.paths);
  if (request.operation === 'candidates') return tables.candidates(request.arguments.query);
  return tables.files();
}

function tablesOf(file: string): WorkspaceTables {
  let workspace = open.get(file);
  if (workspace) open.delete(file);
  else {
    const database = openIndexFile(file);
    workspace = { database, tables: new WorkspaceTables(database, space) };
  }
  open.set(file, workspace);
  const [oldest] = open.keys();
  if (open.size > mostOpen && oldest !== undefined) close(oldest);
  return workspace.tables;
}

function close(file: string): void {
  open.get(file)?.database.close();
  open.delete(file);
}
