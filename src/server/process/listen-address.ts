import { HttpServer } from '#server/http/http-server.ts';
import { StartError } from './start-error.ts';

/**
 * Opens the server's socket, on this machine only: whoever can open the page can run commands.
 * @throws StartError that names the variable to change
 */
export async function listen(host: string, port: number): Promise<HttpServer> {
  if (!isLoopback(host))
    throw new StartError(
      `HOST: ${host} can be reached from other machines, and Crosspoint has no identity provider to tell people apart. Use 127.0.0.1, and reach it through an SSH tunnel.`,
    );
  try {
    return await HttpServer.listen(host, port);
  } catch (cause) {
    throw new StartError(sentenceFor(cause as NodeJS.ErrnoException, host, port), { cause });
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

function sentenceFor({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken by another program. Stop it, or choose another one: PORT=${port + 1} npm start`;
  if (code === 'EACCES')
    return `Port ${port} may not be opened by this user. Choose one above 1023: PORT=3210 npm start`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `HOST: ${host} is no address of this machine. Use 127.0.0.1.`;
  return `The address ${host}:${port} cannot be opened: ${message}.`;
}
