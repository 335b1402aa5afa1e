import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Annotation, END, START, Send, StateGraph, interrupt, Command } from '@langchain/langgraph';
import { NodeSqliteSaver } from './checkpoint-saver.ts';

const State = Annotation.Root({
  items: Annotation<string[]>({ reducer: (left, right) => [...left, ...right], default: () => [] }),
});

/** Five parallel tasks that finish in reverse order, then a pause. */
function fanOut(saver: NodeSqliteSaver) {
  return new StateGraph(State)
    .addNode('begin', () => ({ items: ['begin'] }))
    .addNode('work', async (input: { position: number }) => {
      await new Promise((resolve) => setTimeout(resolve, 25 - input.position * 5));
      return { items: [`work ${input.position}`] };
    })
    .addNode('pause', () => ({
      items: [String(interrupt({ lc: 1, type: 'constructor', id: ['evil', 'X'] }))],
    }))
    .addEdge(START, 'begin')
    .addConditionalEdges('begin', () =>
      Array.from({ length: 5 }, (_, position) => new Send('work', { position })),
    )
    .addEdge('work', 'pause')
    .addEdge('pause', END)
    .compile({ checkpointer: saver });
}

test('parallel results are in the same order after a reload as in the live run', async () => {
  const saver = new NodeSqliteSaver(':memory:');
  const config = { configurable: { thread_id: 't' }, durability: 'sync' as const };
  const live = await fanOut(saver).invoke({ items: [] }, config);
  const expected = ['begin', 'work 0', 'work 1', 'work 2', 'work 3', 'work 4'];
  assert.deepEqual(live.items, expected);
  const reloaded = await fanOut(saver).getState({ configurable: { thread_id: 't' } });
  assert.deepEqual(reloaded.values.items, expected);
  const finished = await fanOut(saver).invoke(new Command({ resume: 'answer' }), config);
  assert.deepEqual(finished.items, [...expected, 'answer']);
  saver.close();
});

test('data that looks like a LangChain class stays data', async () => {
  const saver = new NodeSqliteSaver(':memory:');
  const [type, bytes] = await saver.serde.dumpsTyped({
    a: { lc: 1, type: 'constructor', id: ['langchain', 'x'], kwargs: {} },
  });
  assert.equal(type, 'plain');
  assert.deepEqual(await saver.serde.loadsTyped(type, bytes), {
    a: { lc: 1, type: 'constructor', id: ['langchain', 'x'], kwargs: {} },
  });
  saver.close();
});

test('a finished turn leaves nothing behind', async () => {
  const saver = new NodeSqliteSaver(':memory:');
  const config = { configurable: { thread_id: 't' } };
  await fanOut(saver).invoke({ items: [] }, config);
  await saver.deleteThread('t');
  assert.equal(await saver.getTuple(config), undefined);
  for await (const tuple of saver.list({})) assert.fail(`left: ${tuple.config.configurable?.checkpoint_id}`);
  saver.close();
});
