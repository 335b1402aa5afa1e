// A server over standard input and output, without packages: it runs inside the sandbox, where none are. It speaks the
// 2025 revision of the protocol, line by line.
import { createInterface } from 'node:readline';
import { writeFileSync } from 'node:fs';

process.stdout.write('a greeting that is no message\n');
process.stderr.write('started\n');

const tools = [
  {
    name: 'write',
    description: 'Writes a file.',
    inputSchema: { type: 'object', properties: { text: { type: 'string' } } },
  },
  {
    name: 'echo',
    description: 'Says it again.',
    inputSchema: { type: 'object', properties: { text: { type: 'string' } } },
  },
  { name: 'die', description: 'Ends.', inputSchema: { type: 'object' } },
  { name: 'where', description: 'Says where it runs.', inputSchema: { type: 'object' } },
];

const text = (value) => ({ content: [{ type: 'text', text: value }] });

function call({ name, arguments: args = {} }) {
  if (name === 'die') process.exit(3);
  if (name === 'echo') return text(args.text);
  if (name === 'where')
    return text(`${process.cwd()} ${process.stdin.isTTY === true} ${process.env.SECRET_OF_HOST ?? 'none'}`);
  writeFileSync('written.txt', args.text);
  return text('done');
}

function resultOf({ method, params }) {
  if (method === 'initialize')
    return {
      protocolVersion: params.protocolVersion,
      capabilities: { tools: { listChanged: true } },
      serverInfo: { name: 'inside', version: '1' },
    };
  if (method === 'tools/list') return { tools };
  if (method === 'tools/call') return call(params);
  return null;
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const request = JSON.parse(line);
  if (request.id === undefined) return;
  const result = resultOf(request);
  const answer = result ? { result } : { error: { code: -32601, message: 'no such method' } };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id: request.id, ...answer })}\n`);
});
