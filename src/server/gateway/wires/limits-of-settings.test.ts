import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request, target } from '../testing/workbench.ts';
import { writeAnthropic } from './anthropic-write.ts';
import { writeOpenAiResponses } from './openai-responses-write.ts';
import { WrittenMessages } from './written-messages.ts';

test('a temperature that other providers take is the hottest that Anthropic takes', () => {
  const to = target('anthropic:claude-haiku-4-5');
  const hot = request(to, { settings: { temperature: 1.7 } });
  assert.equal(
    (JSON.parse(writeAnthropic(hot, {}, new WrittenMessages())) as { temperature: number }).temperature,
    1,
  );
});

test('fewer output tokens than Responses takes become the fewest it takes', () => {
  const short = request(target('openai:gpt-5.4'), { settings: { maxTokens: 5 } });
  const body = JSON.parse(writeOpenAiResponses(short, {}, new WrittenMessages())) as {
    max_output_tokens: number;
  };
  assert.equal(body.max_output_tokens, 16);
});
