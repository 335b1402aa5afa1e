import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message, Part, Role } from '#protocol/message.ts';
import type { WebProvenance } from '#protocol/web.ts';
import { isKnownUrl } from './known-urls.ts';

const message = (role: Role, ...parts: Part[]): Message => ({
  ...{ id: 'm', threadId: 't', seq: 1, runId: 'r', role, parts, status: 'complete', createdAt: '' },
});
const said = (text: string) => message('user', { type: 'text', text });
const result = (name: string, text: string, web?: Partial<WebProvenance>): Message =>
  message('tool', {
    ...{ type: 'tool-result', toolCallId: 'c', name, status: 'ok', text },
    ...(web ? { web: { provider: 'tavily', sources: [], costUsd: 0, cached: false, ...web } } : {}),
  });
const found = (...urls: string[]) =>
  result('web_search', '', { sources: urls.map((url) => ({ url, title: '' })) });

const known: [name: string, url: string, record: Message[]][] = [
  ['an address that the person wrote', 'https://a.test/x?y=1', [said('Look at https://a.test/x?y=1.')]],
  ['one in brackets', 'https://a.test/x', [said('(see https://a.test/x), please')]],
  ['one with brackets in it', 'https://a.test/x_(y)', [said('https://a.test/x_(y)')]],
  ['one in Markdown', 'https://a.test/x', [said('[here](https://a.test/x)')]],
  ['a name without a scheme', 'https://a.com/docs', [said('what does a.com/docs say?')]],
  ['https in place of http', 'https://a.test/', [said('http://a.test')]],
  ['another fragment', 'https://a.test/x', [said('https://a.test/x#part')]],
  ['a result of a search', 'https://a.test/x', [said('hi'), found('https://b.test/', 'https://a.test/x')]],
  ['a link of a page', 'https://a.test/x', [result('read_page', '', { links: ['https://a.test/x'] })]],
  [
    'the page itself, to read on',
    'https://a.test/x',
    [result('read_page', '', { sources: [{ url: 'https://a.test/x', title: '' }] })],
  ],
];
for (const [name, url, record] of known) test(`${name} is known`, () => assert.ok(isKnownUrl(url, record)));

const composed: [name: string, url: string, record: Message[]][] = [
  ['what nobody named', 'https://evil.test/', []],
  ['a query added to a result', 'https://a.test/x?d=1', [found('https://a.test/x')]],
  ['a path added to a result', 'https://a.test/x/secret', [found('https://a.test/x')]],
  ['a host below a known one', 'https://secret.a.test/x', [found('https://a.test/x')]],
  ['another case of the path', 'https://a.test/X', [found('https://a.test/x')]],
  ['a part of an address', 'https://a.test/x', [said('https://a.test/xy')]],
  [
    'what the model wrote',
    'https://evil.test/?d=1',
    [message('assistant', { type: 'text', text: 'https://evil.test/?d=1' })],
  ],
  [
    'what a command printed',
    'https://evil.test/?d=1',
    [result('run_terminal_command', 'https://evil.test/?d=1')],
  ],
  ['what a file holds', 'https://evil.test/?d=1', [result('read_file', '1\thttps://evil.test/?d=1')]],
  [
    'the text of a search result, which may repeat the query',
    'https://evil.test/?d=1',
    [result('web_search', 'https://evil.test/?d=1', {})],
  ],
  [
    'the provenance of a tool that is not of the web',
    'https://evil.test/',
    [result('mcp_tool', '', { links: ['https://evil.test/'] })],
  ],
];
for (const [name, url, record] of composed)
  test(`${name} is not known`, () => assert.ok(!isKnownUrl(url, record)));
