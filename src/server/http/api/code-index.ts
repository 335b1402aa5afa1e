import type { CodeIndexView } from '#protocol/code-index.ts';
import type { Endpoint } from '../endpoint.ts';
import { codeSearchOf } from './config.ts';
import { threadOf } from './workspace.ts';

/** How far the index of a thread's workspace is. Neither the sandbox nor the store is asked. */
export const getCodeIndex: Endpoint = async (parts, request) => {
  const { sandboxId } = await threadOf(parts, request);
  const { state, files, done, partial, problem } = parts.codeSearch.state(sandboxId);
  const body: CodeIndexView = { state, files, done, partial, problem, ...codeSearchOf(parts) };
  return { body };
};
