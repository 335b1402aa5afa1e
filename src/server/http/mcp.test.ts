import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { McpAnswer, McpServerView } from '#protocol/mcp.ts';
import type { ThreadView } from '#protocol/thread.ts';
import { cannotRun, localFixture } from '#server/sandbox/local/testing/fixture.ts';
import { openTestServer, type TestServer } from './testing/test-server.ts';

const program = readFileSync(new URL('../mcp/testing/stdio-server.js', import.meta.url), 'utf8');
const described = JSON.stringify({
  mcpServers: { 'My Tools': { command: 'node', args: ['server.mjs', 'a b'], env: { TOKEN: 'x' } } },
});

/** A server over standard input and output, in a real pod, behind the real server; only the model is a script. */
describe('an MCP server of a workspace', { skip: await cannotRun() }, () => {
  let fixture: Awaited<ReturnType<typeof localFixture>>;
  let server: TestServer;
  let threadId: string;
  let added: McpServerView;
  let next: { name: string; args: unknown }[] = [];
  before(async () => {
    process.env.SECRET_OF_HOST = 'of the host';
    fixture = await localFixture();
    server = await openTestServer({
      sandboxes: fixture.provider,
      script: ({ messages }) => {
        const calls = messages.at(-1)?.role === 'user' ? next.splice(0) : [];
        return calls.length ? { calls } : { text: 'done' };
      },
    });
    ({ threadId } = await say('hello'));
    await save('server.mjs', program);
    await save('.mcp.json', described);
  });
  after(async () => {
    delete process.env.SECRET_OF_HOST;
    await server.close();
    await fixture[Symbol.asyncDispose]();
  });

  async function json<Body>(answer: Promise<Response>, status = 200): Promise<Body> {
    const response = await answer;
    const body = (await response.json()) as Body;
    assert.equal(response.status, status, JSON.stringify(body));
    return body;
  }
  const send = <Body>(method: string, path: string, body?: unknown, status = 200) =>
    json<Body>(server.send(method, path, body), status);
  const say = (message: string) =>
    send<{ threadId: string; interrupt?: true }>('POST', '/api/agent', {
      message,
      ...(threadId ? { threadId } : {}),
    });
  const save = (path: string, content: string) =>
    send('PUT', `/api/threads/${threadId}/files/content`, { path, content });
  const view = () => send<ThreadView>('GET', `/api/threads/${threadId}`);
  const result = async () =>
    (await view()).messages.flatMap(({ parts }) => parts).findLast((part) => part.type === 'tool-result');
  /** Programs of the server that run in the sandbox. */
  async function runs(): Promise<number> {
    const thread = await server.store.threads.get('owner', threadId);
    assert.ok(thread);
    const sandbox = await server.workspaces.open(thread);
    const list = 'for each in /proc/[0-9]*; do tr "\\0" " " < $each/cmdline; echo; done 2>/dev/null; true';
    const { stdout } = await sandbox.exec(list);
    return stdout.split('\n').filter((line) => line.startsWith('node server.mjs')).length;
  }

  test('a file of the workspace only offers a server; nothing starts before a person adds it and looks', async () => {
    const { servers, offered } = await send<McpAnswer>('GET', `/api/mcp?threadId=${threadId}`);
    assert.deepEqual(servers, []);
    const transport = { type: 'stdio' as const, command: "node server.mjs 'a b'", threadId };
    assert.deepEqual(offered, [
      { name: 'my-tools', transport, notes: ['Not taken over: the values of TOKEN.'] },
    ]);
    added = await send<McpServerView>('POST', '/api/mcp', {
      name: 'inside',
      transport: offered[0]?.transport,
    });
    assert.equal(await runs(), 0);
    added = await send<McpServerView>('POST', `/api/mcp/${added.id}/look`, {});
    assert.deepEqual([added.state, added.problem], ['connected', undefined]);
    assert.deepEqual(
      added.tools.map(({ callName, state }) => [callName, state]),
      ['write', 'echo', 'die', 'where'].map((name) => [`mcp__inside__${name}`, 'new']),
    );
    const { tools } = await send<McpServerView>('POST', `/api/mcp/${added.id}/consent`, {
      tools: added.tools,
    });
    assert.ok(tools.every(({ state }) => state === 'offered'));
    assert.equal(
      (await send<McpAnswer>('GET', '/api/mcp')).servers.length,
      0,
      'other threads do not have it',
    );
  });

  test('a call waits for a review, runs inside the sandbox, and what it changed is in the record', async () => {
    next = [{ name: 'mcp__inside__write', args: { text: 'by the tool' } }];
    assert.equal((await say('write')).interrupt, true);
    await send('PUT', '/api/agent', { threadId, approval: { action: 'approved' } });
    const { toolCalls } = await view();
    assert.deepEqual(
      toolCalls.at(-1)?.files?.map(({ path }) => path),
      ['written.txt'],
    );
    const done = await result();
    assert.ok(done?.type === 'tool-result');
    assert.match(done.text, /^Text from the MCP server "inside" stands between/);
    assert.match(done.text, /\ndone\n/);
  });

  test('a rule of the person for one tool spares its review; the program sees pipes, and nothing of the host', async () => {
    const where = added.tools.find(({ name }) => name === 'where');
    const rule = { tool: 'where', hash: where?.hash, allowed: true };
    await send('POST', `/api/mcp/${added.id}/rules`, rule);
    next = [{ name: 'mcp__inside__where', args: {} }];
    assert.equal((await say('where')).interrupt, undefined);
    const done = await result();
    assert.ok(done?.type === 'tool-result');
    assert.match(done.text, /\n\/workspace false none\n/);
    assert.equal(
      (await view()).toolCalls.find(({ name }) => name === 'mcp__inside__where')?.decision?.by,
      'rule',
    );
    await send('POST', `/api/mcp/${added.id}/rules`, { ...rule, allowed: false });
    next = [{ name: 'mcp__inside__where', args: {} }];
    assert.equal((await say('again')).interrupt, true);
    await send('POST', `/api/threads/${threadId}/cancel`, {});
  });

  test('large messages pass both ways as they are; a program that ends is told, and started again', async () => {
    const [echo, die] = ['echo', 'die'].map((name) => {
      const tool = server.services.mcp.offeredTo(threadId).find((offered) => offered.tool.name === name);
      assert.ok(tool);
      return tool;
    });
    const options = { signal: new AbortController().signal, onProgress: () => undefined };
    const large = 'größe \u0003\u0004 "quoted" \\ '.repeat(12_000);
    assert.ok(echo && die);
    const answer = await server.services.mcp.call(echo, { text: large }, options);
    assert.equal(answer.text, large);
    await assert.rejects(server.services.mcp.call(die, {}, options), { code: 'mcp_no_answer' });
    assert.equal((await server.services.mcp.call(echo, { text: 'again' }, options)).text, 'again');
    assert.equal(await runs(), 1);
  });

  test('a command that is no server fails with a sentence; the servers of a deleted thread are gone', async () => {
    const transport = { type: 'stdio', command: 'exit 7', threadId };
    const other = await send<McpServerView>('POST', '/api/mcp', { name: 'other', transport });
    const looked = await send<McpServerView>('POST', `/api/mcp/${other.id}/look`, {});
    assert.equal(looked.state, 'failed');
    assert.match(looked.problem ?? '', /The MCP server "other" cannot be used/);
    await send('POST', '/api/mcp', { name: 'x', transport: { ...transport, threadId: 'none' } }, 404);
    await send('DELETE', `/api/threads/${threadId}`, {});
    await send('POST', `/api/mcp/${added.id}/look`, {}, 404);
  });
});
