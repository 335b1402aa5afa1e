import { connect, createServer } from 'node:net';

/** Where programs in the pod find the proxy; the pod has no other way out. */
export const egressPort = 3128;

/** Each connection to the proxy port becomes one connection to the host's socket; the host decides what it may reach. */
export function listenForEgress(socketPath: string): void {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const host = connect({ path: socketPath, allowHalfOpen: true });
    host.write('egress\n');
    client.on('error', () => host.destroy()).on('close', () => host.destroy());
    host.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.pipe(host).pipe(client);
  });
  server.listen(egressPort, '127.0.0.1');
}
