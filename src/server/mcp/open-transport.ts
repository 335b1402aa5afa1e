import type { Transport } from '@modelcontextprotocol/client';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { SignIns } from './oauth/sign-ins.ts';
import { signInServerOf, type StoredServer } from './server-record.ts';

interface Parts {
  secretOf: (variable: string) => string | null;
  openSandbox: (threadId: string) => Promise<Sandbox>;
}

/** A new way to a server. What speaks the protocol is loaded when it is first needed. @throws `mcp_address_refused` */
export async function openTransport(
  stored: StoredServer,
  { secretOf, openSandbox }: Parts,
  signIns: Pick<SignIns, 'authOf'>,
): Promise<Transport> {
  const { transport } = stored.config;
  if (transport.type === 'http') {
    const { httpTransport } = await import('./http-transport.ts');
    const signedInTo = signInServerOf(stored);
    return httpTransport(transport, secretOf, signedInTo && signIns.authOf(signedInTo));
  }
  const { SandboxTransport } = await import('./sandbox-transport.ts');
  return new SandboxTransport(() => openSandbox(transport.threadId), transport.command);
}
