import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Message, ToolCallPart, ToolResultPart } from '#protocol/message.ts';
import { compactedView } from '#server/agent/handoff/compaction.ts';
import { createIncrementalProject, project } from '#server/agent/handoff/project.ts';
import type { Target } from '#server/gateway/types.ts';
import { authors, bodyOf, receivers, refusalOf } from './receivers.ts';

/** Work on files as an agent does it: read, read again, changed, put back, by any model, with output of any length. */
const path = fc.constantFrom('src/a.ts', './src/a.ts', 'deep/c "quoted".md');
const version = fc.constantFrom(1, 1, 1, 1, 2);
const read = fc.record({
  name: fc.constant('read_file'),
  path,
  version,
  /** Lines from 1 or from 11; 0.1, 2 and 24 kB. */
  offset: fc.constantFrom(1, 1, 11),
  size: fc.constantFrom(100, 2_000, 24_000),
  hashed: fc.constantFrom(true, true, true, true, true, false),
  status: fc.constantFrom('ok' as const, 'ok' as const, 'ok' as const, 'error' as const),
});
const changed = fc.record({ name: fc.constantFrom('edit_file', 'write_file'), path, version });
const ran = fc.record({
  name: fc.constantFrom('run_terminal_command', 'load_skill'),
  size: fc.constantFrom(40, 9_000, 20_000),
});
const call = fc.oneof({ weight: 8, arbitrary: read }, changed, { weight: 2, arbitrary: ran });
const step = fc.record({
  author: fc.constantFrom(...authors),
  calls: fc.array(call, { minLength: 1, maxLength: 3 }),
  asks: fc.boolean(),
});
const work = fc.array(step, { minLength: 1, maxLength: 30, size: 'max' }).map(transcriptOf);

function transcriptOf(steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[]) {
  const messages: Message[] = [];
  const push = (role: Message['role'], parts: Message['parts'], by = {}) => {
    const seq = messages.length + 1;
    const base = {
      id: `m${seq}`,
      threadId: 't',
      seq,
      runId: 'r',
      createdAt: '',
      status: 'complete' as const,
    };
    messages.push({ ...base, role, parts, ...by });
  };
  for (const [at, { author, calls, asks }] of steps.entries()) {
    if (asks || at === 0) push('user', [{ type: 'text', text: `Do ${at}.` }]);
    const { provider, model, wire } = author;
    const pairs = calls.map((each, index) => pairOf(each, `call_${at}_${index}`));
    push('assistant', [{ type: 'text', text: 'So.' }, ...pairs.map(([made]) => made)], {
      provider,
      model,
      wire,
    });
    for (const [, result] of pairs) push('tool', [result]);
  }
  return messages;
}

function pairOf(
  each: typeof call extends fc.Arbitrary<infer Call> ? Call : never,
  toolCallId: string,
): [ToolCallPart, ToolResultPart] {
  const { name } = each;
  const args = JSON.stringify('path' in each ? { path: each.path } : { command: 'make' });
  const result = { type: 'tool-result' as const, toolCallId, name, status: 'ok' as const, text: 'Edited.' };
  const made = { type: 'tool-call' as const, toolCallId, name, args };
  if (!('path' in each)) return [made, { ...result, text: `${toolCallId} ${'out '.repeat(each.size / 4)}` }];
  const file = { path: each.path.replace('./', ''), hash: `${each.path} ${each.version}` };
  if (!('offset' in each)) return [made, { ...result, file }];
  const line = `line of ${file.path} at ${each.offset} in version ${each.version}\n`;
  const text =
    each.status === 'ok' ? line.repeat(Math.ceil(each.size / line.length)) : 'Error: there is no such file.';
  return [made, { ...result, status: each.status, text, ...(each.hashed ? { file } : {}) }];
}

const windows = fc.constantFrom(8_000, 32_000, 60_000, 200_000, null);
const targets = fc
  .tuple(fc.constantFrom(...receivers), windows)
  .map(([{ target, dialect }, contextWindow]) => ({ target: { ...target, contextWindow }, dialect }));

/** What the target reads as the results of the calls, in their order. */
function shownTexts(transcript: readonly Message[], target: Target): string[] {
  return project(transcript, target).messages.flatMap((message) => {
    if (message.role === 'tool') return message.results.map(({ text }) => text);
    if (message.role !== 'user') return [];
    return message.parts.flatMap((part) => {
      const [, text] = (part.type === 'text' && /^\[Result of [^\n]*\]\n([^]*)/.exec(part.text)) || [];
      return text === undefined ? [] : [text];
    });
  });
}

const resultsOf = (transcript: readonly Message[]) =>
  transcript.flatMap(({ parts }) => parts.filter((part) => part.type === 'tool-result'));
const pathOf = (transcript: readonly Message[], { toolCallId }: ToolResultPart): string => {
  const calls = transcript.flatMap(({ parts }) => parts.filter((part) => part.type === 'tool-call'));
  const args = calls.find((made) => made.toolCallId === toolCallId)?.args ?? '{}';
  return ((JSON.parse(args) as { path?: string }).path ?? '').replace('./', '');
};

const isPointer = (text: string) => text.includes(' is unchanged: these lines of it stand in the result');
const isShort = (text: string) => text.includes('because it is old');

/** Each pointer has its text in full above it, of the same file, with no change of that file in between. */
function assertNoDanglingPointer(
  given: readonly Message[],
  target: Target,
): { pointers: number; short: number } {
  const results = resultsOf(given);
  const shown = shownTexts(given, target);
  assert.equal(shown.length, results.length);
  let [pointers, short] = [0, 0];
  for (const [at, text] of shown.entries()) {
    const result = results[at] as ToolResultPart;
    if (isShort(text)) {
      short += 1;
      assert.ok(text.length < result.text.length && text.length <= 1_200 && result.name !== 'load_skill');
    } else if (isPointer(text)) {
      pointers += 1;
      const same = pathOf(given, result);
      const full = results.findLastIndex(
        (each, index) => index < at && shown[index] === result.text && pathOf(given, each) === same,
      );
      assert.ok(full >= 0, `nothing above says what ${same} holds`);
      const between = results.slice(full + 1, at).filter((each) => pathOf(given, each) === same);
      const isKnown = ({ file }: ToolResultPart) => file !== undefined && file.hash === result.file?.hash;
      const changes = between.filter(({ name, status }) => name !== 'read_file' && status === 'ok');
      assert.ok(changes.every(isKnown), 'it was changed since');
    } else assert.equal(text, result.text);
  }
  return { pointers, short };
}

test('a pointer always has its text in full above it, and every provider takes the request', () => {
  let [pointers, short] = [0, 0];
  fc.assert(
    fc.property(work, targets, (transcript, to) => {
      const before = JSON.stringify(transcript);
      const found = assertNoDanglingPointer(transcript, to.target);
      pointers += found.pointers;
      short += found.short;
      if (to.target.contextWindow === null) assert.equal(found.short, 0);
      assert.equal(refusalOf(bodyOf(transcript, to), to), null);
      assert.equal(JSON.stringify(transcript), before, 'nothing stored is changed');
    }),
    { numRuns: 400 },
  );
  assert.ok(pointers > 60 && short > 500, `${pointers} pointers, ${short} shortened`);
});

test('nor does one dangle after a compaction, also where that cuts single texts', () => {
  const limits = fc.constantFrom(null, { results: 1_000, words: null });
  fc.assert(
    fc.property(work, targets, fc.nat(), limits, (transcript, { target }, place, cut) => {
      const ends = transcript.flatMap(({ role, seq }, at) =>
        role === 'tool' && transcript[at + 1]?.role !== 'tool' ? [seq] : [],
      );
      const throughSeq = ends[place % ends.length] as number;
      const row = {
        id: 'c',
        throughSeq,
        method: 'outline' as const,
        writtenBy: null,
        text: 'So far.',
        limits: cut,
      };
      const view = compactedView(transcript, row, target.capabilities.tools);
      assertNoDanglingPointer(view, target);
    }),
    { numRuns: 300 },
  );
});

test('step by step, on branches and at once the same is shown; bytes change only when old results are shortened', () => {
  let moves = 0;
  fc.assert(
    fc.property(work, work, targets, fc.nat(), (first, second, { target }, place) => {
      const projectOn = createIncrementalProject();
      const growing: Message[] = [];
      const grow = (message: Message) => {
        growing.push(message);
        const now = projectOn(growing, target);
        assert.deepEqual(now, project(growing, target));
        return now;
      };
      let before = projectOn(growing, target);
      for (const message of first) {
        const now = grow(message);
        if (message.role === 'assistant') continue;
        const isMoved = shortenedOf(now) > shortenedOf(before);
        if (isMoved) moves += 1;
        else if (before.messages.at(-1)?.role !== 'assistant' && isWhole(growing))
          assert.deepEqual(now.messages.slice(0, before.messages.length), before.messages);
        if (isWhole(growing)) before = now;
      }
      // The thread goes on elsewhere: at an earlier place, with other messages.
      growing.length = place % (growing.length + 1);
      for (const message of second) grow({ ...message, seq: growing.length + 1 });
    }),
    { numRuns: 60 },
  );
  assert.ok(moves > 10, `${moves} times`);
});

const shortenedOf = ({ report }: ReturnType<typeof project>) =>
  report.converted.find(({ why }) => why.startsWith('it is old'))?.count ?? 0;

/** Every call has its result, as in each request. */
function isWhole(transcript: readonly Message[]): boolean {
  const calls = transcript.flatMap(({ parts }) => parts.filter((part) => part.type === 'tool-call'));
  return calls.length === resultsOf(transcript).length;
}
