import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { cannotRun, localFixture } from '../testing/fixture.ts';
import { AllowList } from './allow-list.ts';

test('the list allows exactly its hosts and ports, whatever the spelling', () => {
  const list = new AllowList([
    'packages.example.org',
    '*.example.com',
    'git.corp:8443',
    '[::1]:90',
    'Upper.ORG',
  ]);
  for (const [host, port] of [
    ['packages.example.org', 443],
    ['PACKAGES.example.org.', 80],
    ['a.b.example.com', 443],
    ['git.corp', 8443],
    ['[::1]', 90],
    ['upper.org', 443],
  ] as const)
    assert.ok(list.allows(host, port), `${host}:${port}`);
  for (const [host, port] of [
    ['example.org', 443],
    ['evil-packages.example.org', 443],
    ['packages.example.org.evil.com', 443],
    ['packages.example.org', 22],
    ['example.com', 443],
    ['badexample.com', 443],
    ['git.corp', 443],
    ['127.0.0.1', 80],
    ['', 443],
  ] as const)
    assert.ok(!list.allows(host, port), `${host}:${port}`);
});

test('a public name that leads to an internal address is refused', () => {
  const list = new AllowList(['rebind.example.com', 'localhost', 'npm.corp:4873', '10.1.2.3']);
  for (const address of [
    ...['127.0.0.1', '10.0.0.1', '169.254.169.254', '192.168.1.1', '172.20.0.1', '100.64.0.1', '0.0.0.0'],
    ...['::1', '::', 'fe80::1', 'fd00::1', '::ffff:127.0.0.1', '::ffff:a00:1', '64:ff9b::7f00:1'],
  ])
    assert.ok(!list.allowsAddress('rebind.example.com', 443, address), address);
  assert.ok(list.allowsAddress('rebind.example.com', 443, '93.184.216.34'));
  assert.ok(list.allowsAddress('rebind.example.com', 443, '2606:4700::1'));
  assert.ok(list.allowsAddress('localhost', 80, '127.0.0.1'));
  assert.ok(list.allowsAddress('npm.corp', 4873, '10.0.0.1'));
  assert.ok(list.allowsAddress('10.1.2.3', 443, '10.1.2.3'));
});

describe('the way out of a pod', { skip: await cannotRun(), concurrency: false }, () => {
  test('an allowed host answers, plain and through a tunnel; every other is refused with its name', async () => {
    const server = createServer((request, response) => {
      const { host, 'proxy-authorization': leaked = 'none' } = request.headers;
      response.end(`${request.method} ${request.url} for ${host}, ${leaked}`);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await using fixture = await localFixture({ egress: [`localhost:${port}`] });
    const sandbox = await fixture.provider.open('egress');

    const plain = await sandbox.exec(throughProxy(`http://localhost:${port}/a?b=1`));
    assert.deepEqual([plain.stdout, plain.exitCode], [`200 GET /a?b=1 for localhost:${port}, none`, 0]);

    const tunnel = await sandbox.exec(
      `node -e 'fetch("http://localhost:${port}/x").then((r) => r.text()).then(console.log)'`,
      {
        // Without the exception for localhost, Node's own client goes through the proxy.
        env: { NO_PROXY: '', no_proxy: '' },
      },
    );
    assert.equal(tunnel.stdout, `GET /x for localhost:${port}, none\n`);

    for (const target of [
      'http://example.com/',
      `http://127.0.0.1:${port}/`,
      `http://localhost:${port + 1}/`,
    ]) {
      const refused = await sandbox.exec(throughProxy(target));
      assert.match(refused.stdout, /^403 .*cannot be reached from the sandbox/);
    }
    server.close();
  });

  test('CONNECT carries bytes both ways, to the list only', async () => {
    const echo = createTcpServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(echo, 'listening');
    const { port } = echo.address() as AddressInfo;
    await using fixture = await localFixture({ egress: [`localhost:${port}`] });
    const sandbox = await fixture.provider.open('egress');
    const talk = (target: string) =>
      sandbox.exec(
        `exec 3<>/dev/tcp/127.0.0.1/3128; printf 'CONNECT ${target} HTTP/1.1\\r\\n\\r\\n' >&3; read -r -t 10 line <&3; read -r -t 10 <&3; echo "$line"; echo ping >&3; read -r -t 10 back <&3; echo "$back"`,
      );
    assert.equal((await talk(`localhost:${port}`)).stdout, 'HTTP/1.1 200 Connection Established\r\nping\n');
    for (const target of [
      'example.com:443',
      `127.0.0.1:${port}`,
      'localhost:22',
      'localhost',
      `user@localhost:${port}`,
    ])
      assert.match((await talk(target)).stdout, /^HTTP\/1.1 40[03] /);
    echo.close();
  });

  test('without a list there is no proxy, no route and no name', async () => {
    await using fixture = await localFixture();
    const sandbox = await fixture.provider.open('closed');
    const result = await sandbox.exec(
      'env | grep -ci proxy; (echo > /dev/tcp/127.0.0.1/3128) 2>&1; getent hosts example.com; tail -n +2 /proc/net/route',
    );
    assert.match(result.stdout, /^0\n.*Connection refused/s);
    assert.ok(!result.stdout.includes('example.com'));
  });
});

/** A request as a proxy gets it, without a client that could refuse it first. */
function throughProxy(target: string): string {
  const options = {
    host: '127.0.0.1',
    port: 3128,
    path: target,
    headers: { 'Proxy-Authorization': 'secret' },
  };
  return `node -e 'require("http").get(${JSON.stringify(options)}, async (answer) => {
    process.stdout.write(answer.statusCode + " " + await new Response(answer).text());
  })'`;
}
