import { answerAgain, decideReview, startRun } from './api/agent.ts';
import { clearCache, getCache } from './api/cache.ts';
import { compact, editCompaction, removeCompaction } from './api/compactions.ts';
import { getCodeIndex } from './api/code-index.ts';
import { getConfig } from './api/config.ts';
import { downloadFile, listFiles, readFile, removeFile, saveFile, uploadFile } from './api/files.ts';
import { changeGateway, getGateway, getGatewayHealth } from './api/gateway.ts';
import { health } from './api/health.ts';
import { compareFile, listChanges, listRewinds, previewRewind, revertChange, rewind } from './api/history.ts';
import { changeKey, createKey, listKeys, revokeKey } from './api/keys.ts';
import {
  addMcp,
  agreeToMcp,
  changeMcp,
  finishMcpSignIn,
  listMcp,
  lookAtMcp,
  removeMcp,
  ruleMcp,
  signInToMcp,
  signOutOfMcp,
} from './api/mcp.ts';
import { getMetrics } from './api/metrics.ts';
import { listModels, setModel } from './api/models.ts';
import { changePreferences, getPreferences } from './api/preferences.ts';
import {
  cancelRun,
  changeThread,
  deleteThread,
  getContext,
  getThread,
  listThreads,
  previewSwitch,
  threadEvents,
} from './api/threads.ts';
import {
  bindWorkspace,
  branchGit,
  cloneGit,
  commitGit,
  getGit,
  importWorkspace,
  pullRequestGit,
  pushGit,
} from './api/repository.ts';
import { getSandbox, moveSandbox } from './api/sandbox.ts';
import { exportRequests, getRequest, listRequests } from './api/requests.ts';
import { getPerformance, getTimeline, getUsage } from './api/usage.ts';
import { listPorts, listTerminals, openPreview } from './api/workspace.ts';
import { exchangeLoginKey, logout } from './auth/endpoints.ts';
import type { Endpoint } from './endpoint.ts';
import type { BodyType } from './guard.ts';

/**
 * Every address of the server but the page's, in one table: what is not in it does not exist. The page is files that are
 * the same for everyone; it has no code on the server (`routes.test.ts`).
 */
export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `{id}` stands for one id. */
  path: string;
  /** `signed-in`: the cookie or the bearer token. `open`: gives nothing away. */
  access: 'signed-in' | 'open';
  endpoint: Endpoint;
  /** Bytes of a request body; 0 where none is read. */
  bodyLimit: number;
  /** `json` when left out. */
  takes?: BodyType;
}

const jsonLimit = 512 * 1024;
const smallLimit = 4 * 1024;
/** Bytes of a text that is saved, as JSON; and of a file or an archive that is uploaded. */
const textLimit = 32 * 1024 * 1024;
const uploadLimit = 100 * 1024 * 1024;

const open = (method: Route['method'], path: string, endpoint: Endpoint): Route => ({
  method,
  path,
  access: 'open',
  endpoint,
  bodyLimit: method === 'GET' ? 0 : smallLimit,
});
const signedIn = (method: Route['method'], path: string, endpoint: Endpoint): Route => ({
  method,
  path,
  access: 'signed-in',
  endpoint,
  bodyLimit: method === 'GET' ? 0 : jsonLimit,
});

export const routes: readonly Route[] = [
  open('GET', '/healthz', health),
  open('POST', '/auth/exchange', exchangeLoginKey),
  signedIn('POST', '/auth/logout', logout),
  signedIn('GET', '/api/models', listModels),
  signedIn('POST', '/api/models', setModel),
  signedIn('POST', '/api/agent', startRun),
  signedIn('PUT', '/api/agent', decideReview),
  signedIn('GET', '/api/threads', listThreads),
  signedIn('GET', '/api/threads/{id}', getThread),
  signedIn('GET', '/api/threads/{id}/context', getContext),
  signedIn('PATCH', '/api/threads/{id}', changeThread),
  signedIn('DELETE', '/api/threads/{id}', deleteThread),
  signedIn('POST', '/api/threads/{id}/cancel', cancelRun),
  signedIn('GET', '/api/threads/{id}/events', threadEvents),
  signedIn('POST', '/api/threads/{id}/answer-again', answerAgain),
  signedIn('POST', '/api/threads/{id}/switch/preview', previewSwitch),
  signedIn('POST', '/api/threads/{id}/compact', compact),
  signedIn('PATCH', '/api/threads/{id}/compaction', editCompaction),
  signedIn('DELETE', '/api/threads/{id}/compaction', removeCompaction),
  signedIn('GET', '/api/threads/{id}/files', listFiles),
  signedIn('DELETE', '/api/threads/{id}/files', removeFile),
  signedIn('GET', '/api/threads/{id}/files/content', readFile),
  { ...signedIn('PUT', '/api/threads/{id}/files/content', saveFile), bodyLimit: textLimit },
  {
    ...signedIn('POST', '/api/threads/{id}/files/upload', uploadFile),
    bodyLimit: uploadLimit,
    takes: 'bytes',
  },
  signedIn('GET', '/api/threads/{id}/files/download', downloadFile),
  signedIn('GET', '/api/threads/{id}/index', getCodeIndex),
  signedIn('GET', '/api/threads/{id}/terminals', listTerminals),
  signedIn('GET', '/api/threads/{id}/ports', listPorts),
  signedIn('POST', '/api/threads/{id}/previews', openPreview),
  signedIn('GET', '/api/threads/{id}/sandbox', getSandbox),
  signedIn('POST', '/api/threads/{id}/sandbox', moveSandbox),
  signedIn('GET', '/api/threads/{id}/changes', listChanges),
  signedIn('GET', '/api/threads/{id}/changes/file', compareFile),
  signedIn('POST', '/api/threads/{id}/changes/revert', revertChange),
  signedIn('POST', '/api/threads/{id}/rewind/preview', previewRewind),
  signedIn('POST', '/api/threads/{id}/rewind', rewind),
  signedIn('GET', '/api/threads/{id}/rewinds', listRewinds),
  signedIn('GET', '/api/threads/{id}/git', getGit),
  signedIn('POST', '/api/threads/{id}/git/clone', cloneGit),
  signedIn('POST', '/api/threads/{id}/git/branch', branchGit),
  signedIn('POST', '/api/threads/{id}/git/commit', commitGit),
  signedIn('POST', '/api/threads/{id}/git/push', pushGit),
  signedIn('POST', '/api/threads/{id}/git/pull-request', pullRequestGit),
  signedIn('POST', '/api/threads/{id}/workspace/import', importWorkspace),
  signedIn('POST', '/api/threads/{id}/workspace/bind', bindWorkspace),
  signedIn('GET', '/api/keys', listKeys),
  signedIn('POST', '/api/keys', createKey),
  signedIn('PATCH', '/api/keys/{id}', changeKey),
  signedIn('DELETE', '/api/keys/{id}', revokeKey),
  signedIn('GET', '/api/usage', getUsage),
  signedIn('GET', '/api/usage/timeline', getTimeline),
  signedIn('GET', '/api/usage/performance', getPerformance),
  signedIn('GET', '/api/requests', listRequests),
  signedIn('GET', '/api/requests.csv', exportRequests),
  signedIn('GET', '/api/requests/{id}', getRequest),
  signedIn('GET', '/metrics', getMetrics),
  signedIn('GET', '/api/config', getConfig),
  signedIn('GET', '/api/gateway', getGateway),
  signedIn('PUT', '/api/gateway', changeGateway),
  signedIn('GET', '/api/gateway/health', getGatewayHealth),
  signedIn('GET', '/api/gateway/cache', getCache),
  signedIn('DELETE', '/api/gateway/cache', clearCache),
  signedIn('GET', '/api/mcp', listMcp),
  signedIn('POST', '/api/mcp', addMcp),
  signedIn('POST', '/api/mcp-callback', finishMcpSignIn),
  signedIn('PUT', '/api/mcp/{id}', changeMcp),
  signedIn('DELETE', '/api/mcp/{id}', removeMcp),
  signedIn('POST', '/api/mcp/{id}/look', lookAtMcp),
  signedIn('POST', '/api/mcp/{id}/consent', agreeToMcp),
  signedIn('POST', '/api/mcp/{id}/rules', ruleMcp),
  signedIn('POST', '/api/mcp/{id}/sign-in', signInToMcp),
  signedIn('DELETE', '/api/mcp/{id}/sign-in', signOutOfMcp),
  signedIn('GET', '/api/preferences', getPreferences),
  signedIn('PUT', '/api/preferences', changePreferences),
];

/** Ours are shorter; a longer or stranger one cannot exist, so it is not looked up. */
const idPattern = '([A-Za-z0-9_-]{1,100})';

const table = routes.map((route) => ({
  route,
  pattern: new RegExp(`^${route.path.replaceAll('.', String.raw`\.`).replaceAll('{id}', idPattern)}$`),
}));

/** The routes of a path, one for each method, and the id in the path; empty when nothing lives there. */
export function routesAt(path: string): { routes: Route[]; id: string } {
  const found = table.flatMap(({ route, pattern }) => {
    const match = pattern.exec(path);
    return match ? [{ route, id: match[1] ?? '' }] : [];
  });
  return { routes: found.map(({ route }) => route), id: found[0]?.id ?? '' };
}

/** Methods of a path for the `Allow` header; `HEAD` is a `GET` without its body. */
export function methodsOf(routes: readonly Route[]): string {
  return routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
}
