import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import fc from 'fast-check';
import type { ThreadEvent } from '#protocol/events.ts';
import type { Fork } from '#protocol/thread.ts';
import { pathTo } from '#server/store/branch-path.ts';
import { textOf } from './stream-answer.ts';
import { openWorkbench, user, type Workbench } from './testing/workbench.ts';

/** A message of the reference: a tree in which every way from the root is a conversation. */
interface Node {
  id: string;
  seq: number;
  text: string;
  role: 'user' | 'assistant';
  parent: Node | null;
  /** The branch that wrote it. */
  branch: number;
}

/** What branches are, said in another way than the server does: by nodes and their parents. */
class Reference {
  readonly nodes: Node[] = [];
  /** The last node of each branch, and when it ran last. */
  readonly tips: { node: Node; ran: number }[] = [];
  active = 0;
  /** Of the thread, on whatever branch it is. */
  model = 'red';
  #runs = 0;

  wayTo(node: Node | null): Node[] {
    return node ? [...this.wayTo(node.parent), node] : [];
  }

  get way(): Node[] {
    return this.wayTo(this.tips[this.active]?.node ?? null);
  }

  add(node: Omit<Node, 'seq' | 'branch'>): Node {
    const added = { ...node, seq: this.nodes.length + 1, branch: this.active };
    this.nodes.push(added);
    this.tips[this.active] = { node: added, ran: (this.#runs += 1) };
    return added;
  }

  /** Goes on from a node in a new branch. */
  branch(): void {
    this.active = this.tips.length;
  }

  move(branch: number): void {
    const [here, there] = [this.way, this.wayTo(this.tips[branch]?.node ?? null)];
    const first = there.find((node, index) => node !== here[index] && node.branch === branch);
    if (!first) return;
    const below = this.tips
      .map((tip, id) => ({ ...tip, id }))
      .filter(({ node }) => this.wayTo(node).includes(first));
    this.active = below.toSorted((one, other) => one.ran - other.ran).at(-1)?.id ?? branch;
  }

  get forks(): Fork[] {
    const { way } = this;
    return way.flatMap((node, index) => {
      const next = way[index + 1];
      const children = this.nodes.filter(({ parent }) => parent === node);
      if (!next || children.length < 2) return [];
      const branchIds = children.map(({ branch }) => branch);
      return [{ afterSeq: node.seq, branchIds, active: children.indexOf(next) }];
    });
  }
}

type Step = { do: 'say' | 'again' | 'move' | 'switch'; pick: number; model: 'red' | 'blue' | undefined };

const anyStep: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom('say', 'again', 'again', 'move', 'move', 'switch'),
  pick: fc.nat(1_000),
  model: fc.constantFrom('red', 'blue', undefined),
});

let bench: Workbench;
before(async () => {
  bench = await openWorkbench(({ target, messages }) => ({
    text: `${target.provider} after ${JSON.stringify(messages.map((message) => shownText(message)))}`,
  }));
});
after(() => bench.close());

function shownText(message: { role: string; parts?: readonly { type: string; text?: string }[] }): string {
  return textOf(message.parts ?? []).split(' after ', 1)[0] ?? '';
}

async function begin(): Promise<{ reference: Reference; threadId: string }> {
  const reference = new Reference();
  const { threadId } = await bench.run('begin');
  const { messages } = await bench.agent.getThread(user, threadId);
  const [question, answer] = messages;
  assert.ok(question && answer);
  const first = reference.add({ id: question.id, text: 'begin', role: 'user', parent: null });
  reference.add({ id: answer.id, text: textOf(answer.parts), role: 'assistant', parent: first });
  return { reference, threadId };
}

async function take(step: Step, threadId: string, reference: Reference): Promise<void> {
  if (step.do === 'move') {
    const branchId = step.pick % reference.tips.length;
    reference.move(branchId);
    const { branchId: moved } = await bench.agent.updateThread(user, threadId, { branchId });
    assert.equal(moved, reference.active);
    return;
  }
  const choice = step.model ? { modelName: step.model } : {};
  reference.model = step.model ?? reference.model;
  if (step.do === 'switch') return void (await bench.agent.updateThread(user, threadId, choice));
  let before: Node | null | undefined = reference.tips[reference.active]?.node;
  if (step.do === 'say') {
    const message = `say ${reference.nodes.length}`;
    await bench.run({ message, threadId, ...choice });
    const id = (await bench.agent.getThread(user, threadId)).messages.at(-2)?.id ?? '';
    before = reference.add({ id, text: message, role: 'user', parent: before ?? null });
  } else {
    const node = reference.nodes[step.pick % reference.nodes.length] as Node;
    const command = { threadId, messageId: node.id, ...choice };
    const { runId } = await bench.agent.answerAgain(user, command);
    await bench.agent.answer(user, runId);
    before = node.role === 'user' ? node : node.parent;
    reference.branch();
  }
  const answer = (await bench.agent.getThread(user, threadId)).messages.at(-1);
  assert.ok(answer && before);
  const text = textOf(answer.parts);
  // The model was shown its own branch and nothing else.
  const asked = reference.wayTo(before).map((node) => node.text.split(' after ', 1)[0]);
  assert.equal(text, `${reference.model} after ${JSON.stringify(asked)}`);
  reference.add({ id: answer.id, text, role: 'assistant', parent: before });
}

async function assertSame(threadId: string, reference: Reference): Promise<void> {
  const view = await bench.agent.getThread(user, threadId);
  assert.deepEqual(
    view.messages.map(({ id, seq, parts }) => [id, seq, textOf(parts)]),
    reference.way.map(({ id, seq, text }) => [id, seq, text]),
  );
  assert.equal(view.branchId, reference.active);
  assert.deepEqual(view.forks, reference.forks);
}

/** Every row is on a branch, and on no other way than the reference has it. */
async function assertUnion(threadId: string, reference: Reference): Promise<void> {
  const { store } = bench;
  const branches = await store.branches.list(threadId);
  assert.equal(branches.length + 1, reference.tips.length);
  const seqs = new Set<number>();
  const events = new Set<number>();
  const types = ['run.started', 'model.finished', 'model.switched', 'run.finished', 'thread.branched'];
  for (const [id, tip] of reference.tips.entries()) {
    const path = pathTo(branches, id);
    const rows = await store.messages.list(threadId, { path });
    assert.deepEqual(
      rows.map((row) => row.seq),
      reference.wayTo(tip.node).map((node) => node.seq),
    );
    for (const row of rows) seqs.add(row.seq);
    const lines = await store.events.listOfTypes(threadId, types, { path });
    for (const { event } of lines) events.add(event.id);
    assertNoSilentSwitch(lines.map(({ event }) => event));
  }
  const stored = storedIds(threadId);
  assert.deepEqual([...seqs].toSorted(byNumber), stored.seqs);
  const all = await store.events.listOfTypes(threadId, types);
  assert.deepEqual(
    [...events].toSorted(byNumber),
    all.map(({ event }) => event.id),
  );
}

/** On every branch: a model answers that answered before, or its switch is told where it begins. */
function assertNoSilentSwitch(events: readonly ThreadEvent[]): void {
  let current: string | null = null;
  for (const [index, event] of events.entries()) {
    if (event.type === 'model.switched') current = event.data.to;
    if (event.type !== 'run.started') continue;
    const next = events[index + 1];
    const told = next?.type === 'model.switched' ? next.data.to : current;
    if (current !== null) assert.equal(told, event.data.model);
    current = event.data.model;
  }
}

const byNumber = (one: number, other: number) => one - other;

/** As the file has them, without the store. */
function storedIds(threadId: string): { seqs: number[] } {
  const database = new DatabaseSync(join(bench.dataDir, 'crosspoint.db'), { readOnly: true });
  const rows = database.prepare('select seq from messages where thread_id = ? order by seq').all(threadId);
  database.close();
  return { seqs: rows.map((row) => Number(row.seq)) };
}

test('whatever is said, answered again and moved to: each branch is its way through the tree, and all branches are all rows', async () => {
  const property = fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 12 }), async (steps) => {
    const { reference, threadId } = await begin();
    for (const step of steps) {
      await take(step, threadId, reference);
      await assertSame(threadId, reference);
    }
    await assertUnion(threadId, reference);
  });
  await fc.assert(property, { numRuns: 60 });
});
