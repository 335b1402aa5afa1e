import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Wire } from '#protocol/message.ts';
import { openPublicGateway, type PublicGatewayBench } from './support/public-gateway.ts';

/** PDFs across wires: as each provider takes them, or refused by their name; nothing of them is left out in silence. */

const data = Buffer.from('%PDF-1.7 a page').toString('base64');
const url = `data:application/pdf;base64,${data}`;
const address = 'https://example.com/a.pdf';

let bench: PublicGatewayBench;
before(async () => (bench = await openPublicGateway({ script: () => ({ text: 'Read.' }) })));
after(() => bench[Symbol.asyncDispose]());

/** The same question in each client's words, over the official clients. */
const ask: Record<Wire, (model: string) => Promise<unknown>> = {
  'openai-chat': (model) =>
    bench.openai.chat.completions.create({
      model,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is in it?' },
            { type: 'file', file: { filename: 'a.pdf', file_data: url } },
          ],
        },
      ],
    }),
  'openai-responses': (model) =>
    bench.openai.responses.create({
      model,
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'What is in it?' },
            { type: 'input_file', filename: 'a.pdf', file_data: url },
          ],
        },
      ],
    }),
  'anthropic-messages': (model) =>
    bench.anthropic.messages.create({
      model,
      max_tokens: 100,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is in it?' },
            {
              type: 'document',
              title: 'a.pdf',
              source: { type: 'base64', media_type: 'application/pdf', data },
            },
          ],
        },
      ],
    }),
};

/** A model of each provider wire that takes PDFs, and how. */
const taken: [model: string, wire: Wire, part: { type: string; [field: string]: unknown }][] = [
  [
    'anthropic/claude-sonnet-4-5',
    'anthropic-messages',
    { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data }, title: 'a.pdf' },
  ],
  ['openai/gpt-5.2', 'openai-responses', { type: 'input_file', filename: 'a.pdf', file_data: url }],
  ['openai/gpt-4o', 'openai-chat', { type: 'file', file: { filename: 'a.pdf', file_data: url } }],
  [
    'openrouter/anthropic/claude-sonnet-4.5',
    'openai-chat',
    { type: 'file', file: { filename: 'a.pdf', file_data: url } },
  ],
];

for (const wire of Object.keys(ask) as Wire[])
  for (const [model, , part] of taken.filter(([, own]) => own !== wire))
    test(`a PDF reaches a model of another wire as it is: ${wire} → ${model}`, async () => {
      await ask[wire](model);
      const { body, refusal } = bench.providers.requests.at(-1) ?? {};
      assert.equal(refusal, undefined);
      const { messages, input } = body as { messages?: Message[]; input?: Message[] };
      const parts = (messages ?? input ?? []).flatMap(({ content }) => content);
      const files = parts.filter(({ type }) => type === part.type);
      assert.deepEqual(files.map(withoutMark), [part]);
    });

interface Message {
  content: { type: string }[];
}

/** Anthropic's breakpoint of the cache. */
function withoutMark(part: object): object {
  const { cache_control: _mark, ...rest } = part as Record<string, unknown>;
  return rest;
}

test('the address of a PDF goes to providers that fetch it', async () => {
  const message = { role: 'user', content: [{ type: 'input_file', file_url: address }] };
  await bench.post('/v1/responses', { model: 'anthropic/claude-sonnet-4-5', input: [message] });
  assert.match(
    String(bench.providers.requests.at(-1)?.bodyText),
    /"source":\{"type":"url","url":"https:\/\/example\.com\/a\.pdf"\}/,
  );
  const document = { type: 'document', source: { type: 'url', url: address } };
  const body = { max_tokens: 100, messages: [{ role: 'user', content: [document] }] };
  await bench.post('/v1/messages', { ...body, model: 'openai/gpt-5.2' });
  assert.match(
    String(bench.providers.requests.at(-1)?.bodyText),
    /"type":"input_file","file_url":"https:\/\/example\.com\/a\.pdf"/,
  );
  const refused = await bench.post('/v1/messages', { ...body, model: 'openai/gpt-4o' });
  assert.equal(refused.status, 400);
  assert.match(await refused.text(), /takes a file by its data only/);
});

test('a model that reads no PDFs refuses one with a way out', async () => {
  const before = bench.providers.requests.length;
  for (const [wire, model] of [
    ['anthropic-messages', 'groq/openai/gpt-oss-120b'],
    ['openai-responses', 'compatible/kimi-k2-thinking'],
  ] as const)
    await assert.rejects(ask[wire](model), (error: { status?: number; message: string }) => {
      assert.equal(error.status, 400);
      assert.match(error.message, /reads no PDFs. Send the text of the file/);
      return true;
    });
  assert.equal(bench.providers.requests.length, before);
});
