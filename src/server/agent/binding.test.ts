import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalText, hashText } from './arguments.ts';
import { openWorkbench, user } from './testing/workbench.ts';
import type { Tool } from './tools/tool.ts';

/** JSON as a hostile model may spell it: what parsers disagree about, what changes an object, what a library revives. */
const spelling = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)),
  fc.constantFrom(
    ...[
      '-0',
      '1e999',
      '-1e999',
      '12345678901234567890',
      '0.1000000000000000055511151231257827',
      '1E2',
      '1.0',
    ],
    ...['"\\u0041"', '"\\ud83d\\ude00"', '"\\ud800"', '"\\u0000"', '"\\u202e\\u200b"', '"\\/"', '"1e999"'],
    ...['{"lc":1,"type":"constructor","id":["evil","X"]}', '{"__proto__":{"command":"x"}}', '{"\\u006cc":2}'],
    ...['{"toJSON":"x"}', '{"$":["Error",["a","b"]]}', '{"$":["Send",["tools",{}]]}', '[[],{},null,""]'],
    ...['NaN', '01', "'x'", '{"a":1,}', '{'],
  ),
);
const key = fc.oneof(
  fc.constantFrom('command', 'command', 'path', '__proto__', 'constructor', 'lc', '$', '0', '10', '2', ''),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
/** Pairs, not an object, so that a key may come twice. */
const argumentText = fc
  .array(fc.tuple(key, spelling), { maxLength: 5 })
  .map((pairs) => `{${pairs.map(([name, value]) => `${JSON.stringify(name)}: ${value}`).join(' ,')}}`);

test('what is shown is what is hashed, stored, approved and run, or nothing is shown and nothing runs (R9, R10, I2)', async () => {
  const ran: unknown[] = [];
  const record: Tool = {
    name: 'record',
    kind: 'command',
    description: 'Keeps its arguments.',
    parameters: { type: 'object' },
    parse: (args) => args,
    run: (args) => Promise.resolve({ status: 'ok', text: 'kept', summary: `kept ${ran.push(args)}` }),
  };
  let next = '';
  const bench = await openWorkbench(
    ({ messages }) =>
      messages.at(-1)?.role === 'user' ? { calls: [{ name: 'record', args: next }] } : { text: 'done' },
    { tools: [record] },
  );
  let [shown, refused] = [0, 0];
  try {
    const property = fc.asyncProperty(argumentText, async (text) => {
      next = text;
      ran.length = 0;
      const answer = await bench.run('go');
      assert.deepEqual(ran, [], 'nothing runs before a decision');
      const [row] = await bench.store.toolCalls.list(answer.threadId);
      assert.ok(row);
      if (!('interrupt' in answer)) {
        refused++;
        assert.deepEqual([row.status, row.decision], ['error', null]);
        return;
      }
      shown++;
      // As the page gets it.
      const [call] = (JSON.parse(JSON.stringify(answer.data)) as typeof answer.data).toolCalls;
      assert.ok(call);
      assert.equal(hashText(canonicalText(call.args)), call.hash);
      assert.deepEqual([row.args, row.argsHash], [canonicalText(call.args), call.hash]);
      // JSON has no minus zero of its own: it is shown, and runs, as zero.
      const wanted: unknown = JSON.parse(JSON.stringify(JSON.parse(text)));
      assert.deepEqual(call.args, wanted, 'what the model asked for is what is shown');
      const decision = { toolCallId: call.id, hash: call.hash, action: 'approved' as const };
      const accepted = await bench.agent.decide(user, {
        threadId: answer.threadId,
        approval: { decisions: [decision] },
      });
      await bench.agent.answer(user, accepted.runId);
      assert.equal(ran.length, 1);
      assert.equal(hashText(canonicalText(ran[0])), call.hash);
      assert.deepEqual(ran[0], call.args);
    });
    await fc.assert(property, { numRuns: 200 });
    assert.ok(shown > 20 && refused > 20, `${shown} shown, ${refused} refused`);
  } finally {
    await bench.close();
  }
});
