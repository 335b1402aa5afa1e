import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MarkdownSplitter } from './markdown-splitter.ts';

const text = `# Title

One paragraph
on two lines.

- a list

- that is loose

\`\`\`ts
const a = 1;

const b = 2;
\`\`\`

| a | b |
|---|---|
| 1 | 2 |

The end.`;

test('a text that grows character by character ends in the same blocks as the whole text', () => {
  const whole = new MarkdownSplitter().split(text).map((block) => block.trim());
  const growing = new MarkdownSplitter();
  let blocks: string[] = [];
  for (let length = 1; length <= text.length; length += 1) blocks = growing.split(text.slice(0, length));
  assert.deepEqual(
    blocks.map((block) => block.trim()),
    whole,
  );
  assert.equal(whole.length, 6);
});

test('no character is lost on the way', () => {
  const splitter = new MarkdownSplitter();
  const bare = (words: string) => words.replaceAll(/\s/g, '');
  for (let length = 1; length <= text.length; length += 7) {
    const part = text.slice(0, length);
    assert.equal(bare(splitter.split(part).join('')), bare(part));
  }
});

test('another text starts anew', () => {
  const splitter = new MarkdownSplitter();
  splitter.split(text);
  assert.deepEqual(splitter.split('Other.'), ['Other.']);
});
