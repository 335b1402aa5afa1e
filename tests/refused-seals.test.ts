import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Crosspoint } from '#tests/support/crosspoint.ts';
import { startProviders } from '#tests/upstreams/index.ts';

/** What each of them would seal, made by somebody else: as after another key, or behind another beginning. */
const sealed = [
  {
    provider: 'anthropic',
    model: 'claude-sonnet-4-6',
    wire: 'anthropic-messages',
    data: { type: 'thinking', thinking: 'hm', signature: 'of another conversation' },
  },
  {
    provider: 'openai',
    model: 'gpt-5.4',
    wire: 'openai-responses',
    data: { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA of another key' },
  },
] as const;

for (const { data, ...author } of sealed)
  test(`seals that ${author.model} does not take back are left out, once and visibly, and no conversation is closed by them`, async () => {
    const providers = await startProviders();
    const app = await Crosspoint.start({ ...providers.env() });
    try {
      const capsule = { ...author, data: JSON.stringify(data) };
      const lines = [
        { role: 'user', parts: [{ type: 'text', text: 'Why?' }] },
        {
          role: 'assistant',
          ...author,
          parts: [
            { type: 'reasoning', text: 'hm', capsule },
            { type: 'text', text: 'Because.' },
          ],
        },
      ];
      const file = join(app.dataDir, 'session.jsonl');
      writeFileSync(file, lines.map((line) => JSON.stringify(line)).join('\n'));
      const { stdout } = await app.command('import', file);
      const [, threadId = ''] = /\/t\/(thread_\w+)/.exec(stdout) ?? [];
      const before = JSON.stringify((await app.thread(threadId)).messages);
      const { provider, model } = author;
      const modelConfig = { provider, model, reasoningEffort: 'medium' };
      for (const message of ['And?', 'So?']) await app.say({ threadId, message, modelConfig });
      assert.equal(providers.refusals.length, 1, 'asked with them once, and never again');
      assert.doesNotMatch(providers.requests.at(-1)?.bodyText ?? '', /of another/);
      const events = await app.events(threadId);
      const told = events.filter(({ type, data }) => type === 'notice' && data.code === 'seals_left_out');
      assert.equal(told.length, 1);
      const { messages } = await app.thread(threadId);
      assert.equal(JSON.stringify(messages.slice(0, 2)), before, 'the record keeps them');
      assert.deepEqual(
        messages.slice(2).map(({ role, status }) => [role, status]),
        ['And?', 'So?'].flatMap(() => [
          ['user', 'complete'],
          ['assistant', 'complete'],
        ]),
      );
    } finally {
      await app.remove();
      await providers.close();
    }
  });
