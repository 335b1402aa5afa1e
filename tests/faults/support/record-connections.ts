import { Socket as DatagramSocket } from 'node:dgram';
import dns from 'node:dns';
import { appendFileSync } from 'node:fs';
import { Socket } from 'node:net';

/**
 * Loaded into a process before its own code (`node --import`): notes every connection, datagram and look-up of a name that
 * it begins, one JSON line each, in the file that CONNECTIONS_FILE names. Nothing of it is refused.
 */
const file = process.env.CONNECTIONS_FILE ?? '';
const note = (entry: object) => appendFileSync(file, `${JSON.stringify(entry)}\n`);

const connect = Socket.prototype.connect;
const send = DatagramSocket.prototype.send;

Socket.prototype.connect = function (this: Socket, ...given: unknown[]) {
  const [first, second] = (Array.isArray(given[0]) ? given[0] : given) as [unknown, unknown];
  if (typeof first === 'object') note({ ...(first as object), lookup: undefined, signal: undefined });
  else note({ port: first, host: second });
  return Reflect.apply(connect, this, given) as Socket;
} as typeof connect;

DatagramSocket.prototype.send = function (this: DatagramSocket, ...given: unknown[]) {
  note({ datagram: given.filter((each) => typeof each !== 'object' && typeof each !== 'function') });
  return Reflect.apply(send, this, given);
} as typeof send;

for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6'] as const) {
  const original = dns[name] as (...given: unknown[]) => unknown;
  Object.assign(dns, {
    [name]: (...given: unknown[]) => {
      note({ lookup: given[0] });
      return original(...given);
    },
  });
}
