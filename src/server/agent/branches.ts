import { CrosspointError } from '#protocol/errors.ts';
import type { NewEvent } from '#protocol/events.ts';
import type { Message } from '#protocol/message.ts';
import { assertIdle } from '#server/store/assert-idle.ts';
import { branchesBelow, commonSeq, pathTo } from '#server/store/branch-path.ts';
import type { Branch, Path, StoreTables, ThreadRow } from '#server/store/store.ts';
import type { AgentSetup } from './parts.ts';

/**
 * `PATCH /api/threads/{id}` with `branchId`: the thread goes on at the newest end of what follows there. Changes no row of
 * the conversation.
 * @throws `not_found`, `run_active`, `review_pending`
 */
export async function moveToBranch(setup: AgentSetup, thread: ThreadRow, branchId: number): Promise<void> {
  const events: NewEvent[] = [];
  await setup.log.commit(thread.id, events, async (store) => {
    const branches = await store.branches.list(thread.id);
    if (branchId !== 0 && !branches.some(({ id }) => id === branchId))
      throw new CrosspointError('not_found', { what: 'branch' });
    const left = pathTo(branches, await store.branches.active(thread.id));
    const path = pathTo(branches, await newestBelow(store, thread.id, branches, left, branchId));
    const [from, to] = [left, path].map((each) => each.at(-1)?.branch ?? 0);
    if (to === undefined || to === from) return;
    await assertIdle(store, thread.id);
    await store.threads.update(thread.userId, thread.id, { branch: to, updatedAt: new Date().toISOString() });
    const afterSeq = commonSeq(left, path);
    events.push(
      { type: 'thread.branched', data: { branchId: to, afterSeq, by: 'move' } },
      ...((await wasTold(store, thread.id, path))
        ? []
        : await workspaceNotice(setup, store, thread.id, left, afterSeq)),
    );
  });
}

/** Of the branches that go on from where the paths part, the one that ran last. */
async function newestBelow(
  store: StoreTables,
  threadId: string,
  branches: readonly Branch[],
  left: Path,
  branchId: number,
): Promise<number> {
  const parting = commonSeq(left, pathTo(branches, branchId));
  let newest = { id: branchId, token: -1 };
  for (const id of branchesBelow(branches, branchId, parting)) {
    const token = (await store.runs.latest(threadId, id))?.fencingToken ?? 0;
    if (token > newest.token) newest = { id, token };
  }
  return newest.id;
}

const noticeCode = 'workspace_as_it_is';

/** Files are not rewound: said when calls of the answer that is left may have changed some. */
export async function workspaceNotice(
  setup: AgentSetup,
  store: StoreTables,
  threadId: string,
  left: Path,
  afterSeq: number,
): Promise<NewEvent[]> {
  const rows = await store.messages.list(threadId, { path: left, afterSeq });
  if (!rows.some((row) => hadEffect(setup, row))) return [];
  const message =
    'The files of the workspace are as they are now: what the other answer changed in them is not taken back.';
  return [{ type: 'notice', data: { code: noticeCode, message } }];
}

function hadEffect(setup: AgentSetup, { threadId, parts }: Message): boolean {
  return parts.some((part) => {
    if (part.type !== 'tool-result') return false;
    const kind = setup.tools.get(threadId, part.name)?.kind ?? 'read';
    const ran = part.status === 'ok' || part.status === 'outcome_unknown';
    return kind !== 'read' && (ran || (kind === 'command' && part.status === 'error'));
  });
}

/** The line stands at the end of the branch already. */
async function wasTold(store: StoreTables, threadId: string, path: Path): Promise<boolean> {
  const notices = await store.events.listOfTypes(threadId, ['notice'], { path });
  const last = notices.findLast(({ event }) => event.type === 'notice' && event.data.code === noticeCode);
  if (!last) return false;
  return (await store.messages.list(threadId, { path, afterSeq: last.afterSeq })).length === 0;
}
