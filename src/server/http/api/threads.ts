import type { ThreadsAnswer } from '#protocol/answers.ts';
import { switchPreview, threadChange } from '#protocol/commands.ts';
import { CrosspointError } from '#protocol/errors.ts';
import type { Endpoint } from '../endpoint.ts';

export const listThreads: Endpoint = async ({ agent }, { userId }) => {
  const body: ThreadsAnswer = { threads: await agent.listThreads(userId) };
  return { body };
};

export const getThread: Endpoint = async ({ agent }, { userId, id }) => ({
  body: await agent.getThread(userId, id),
});

export const getContext: Endpoint = async ({ agent }, { userId, id }) => ({
  body: await agent.getContext(userId, id),
});

export const changeThread: Endpoint = async ({ agent }, request) => {
  const change = await request.command(threadChange);
  return { body: await agent.updateThread(request.userId, request.id, change) };
};

export const deleteThread: Endpoint = async ({ agent, terminals, previews, mcp }, { userId, id }) => {
  await agent.deleteThread(userId, id);
  previews.closeOf(id);
  await terminals.closeOf(id);
  await mcp.forgetThread(id);
  return { body: { deleted: true } };
};

/** Takes no body; the page sends `{}`. */
export const cancelRun: Endpoint = async ({ agent }, { userId, id }) => ({
  body: await agent.cancel(userId, id),
});

export const previewSwitch: Endpoint = async ({ agent }, request) => {
  const to = await request.command(switchPreview);
  return { body: await agent.previewSwitch(request.userId, request.id, to) };
};

/** The stored suffix after an id, then live. `Last-Event-ID` is newer than the address that a browser repeats. */
export const threadEvents: Endpoint = async ({ store, log }, request) => {
  const { userId, id } = request;
  const after = readEventId(request.header('last-event-id') || request.query.get('after'));
  if (!(await store.threads.get(userId, id))) throw new CrosspointError('not_found', { what: 'thread' });
  return { events: (signal) => log.subscribe(id, after, signal) };
};

function readEventId(text: string | null): number {
  if (text === null || text === '') return 0;
  if (!/^\d{1,15}$/.test(text))
    throw new CrosspointError('bad_request', {
      detail: 'The event id must be a number: the last one that was received.',
    });
  return Number(text);
}
