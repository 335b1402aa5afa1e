import type { CommandHandle, Sandbox as E2bSandbox } from 'e2b';
import { RemoteFailure } from '../remote/machine.ts';
import type { RemoteMachine, RemotePty, RemotePtyOptions } from '../remote/machine.ts';

/** The primitives over E2B's SDK. @param sandboxUrl the one address of all sandboxes, where there is one */
export function e2bMachine(sandbox: E2bSandbox, sandboxUrl: string | null): RemoteMachine {
  return {
    run: (script, onOutput, signal) => run(sandbox, script, onOutput, signal),
    async upload(path, bytes) {
      const data =
        bytes instanceof Uint8Array ? new Blob([new Uint8Array(bytes)]) : ReadableStream.from(bytes);
      await knowing(sandbox.files.write(path, data, { useOctetStream: true }));
    },
    download: (path) => download(sandbox, path),
    pty: (options) => openPty(sandbox, options),
    url(port) {
      const token = sandbox.trafficAccessToken;
      const traffic: Record<string, string> = token ? { 'e2b-traffic-access-token': token } : {};
      if (sandboxUrl === null)
        return Promise.resolve({ url: `https://${sandbox.getHost(port)}`, headers: traffic });
      const headers = { ...traffic, 'e2b-sandbox-id': sandbox.sandboxId, 'e2b-sandbox-port': String(port) };
      return Promise.resolve({ url: sandboxUrl, headers });
    },
  };
}

/** `timeoutMs: 0` throughout: the SDK's own limit is 60 s and kills one process only. */
async function run(
  sandbox: E2bSandbox,
  script: string,
  onOutput: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void,
  signal: AbortSignal,
): Promise<void> {
  let handle: CommandHandle | null = null;
  const pass = (stream: 'stdout' | 'stderr') => (text: string) => {
    if (handle) forgetOutput(handle);
    onOutput(stream, Buffer.from(text));
  };
  handle = await knowing(
    sandbox.commands.run(script, {
      background: true,
      timeoutMs: 0,
      signal,
      onStdout: pass('stdout'),
      onStderr: pass('stderr'),
    }),
  );
  await handle.wait().catch(unlessExit);
}

/** The SDK keeps all output for its own result: a command that floods would fill our memory. */
function forgetOutput(handle: CommandHandle): void {
  Object.assign(handle, { _stdout: '', _stderr: '' });
}

/** `wait` throws for every exit code but 0. */
function unlessExit(cause: unknown): { exitCode: number } {
  if (cause instanceof Error && cause.name === 'CommandExitError' && 'exitCode' in cause)
    return { exitCode: Number(cause.exitCode) };
  throw cause;
}

async function* download(sandbox: E2bSandbox, path: string): AsyncIterable<Uint8Array> {
  yield* await knowing(sandbox.files.read(path, { format: 'stream' }));
}

async function openPty(sandbox: E2bSandbox, options: RemotePtyOptions): Promise<RemotePty> {
  const { columns, rows, cwd, env, onData } = options;
  const handle = await knowing(
    sandbox.pty.create({ cols: columns, rows, cwd, envs: env, onData, timeoutMs: 0 }),
  );
  const { pid } = handle;
  const exited = handle
    .wait()
    .catch(unlessExit)
    .then(
      ({ exitCode }) => ({ exitCode: exitCode < 0 ? null : exitCode }),
      () => ({ exitCode: null }),
    );
  return {
    exited,
    write: (bytes) => knowing(sandbox.pty.sendInput(pid, bytes)),
    resize: (cols, lines) => knowing(sandbox.pty.resize(pid, { cols, rows: lines })),
    kill: async () => void (await knowing(sandbox.pty.kill(pid))),
  };
}

/** Says what the SDK's many errors mean where that is known: a sandbox that was not found started nothing. */
async function knowing<Result>(asked: Promise<Result>): Promise<Result> {
  try {
    return await asked;
  } catch (cause) {
    const name = cause instanceof Error ? cause.name : '';
    if (name === 'NotEnoughSpaceError') throw new RemoteFailure('no_space', cause);
    if (name === 'SandboxNotFoundError' || name === 'RateLimitError' || neverConnected(cause))
      throw new RemoteFailure('not_started', cause);
    throw cause;
  }
}

function neverConnected(cause: unknown): boolean {
  for (let each = cause; each instanceof Error; each = each.cause)
    if ('code' in each && (each.code === 'ECONNREFUSED' || each.code === 'ENOTFOUND')) return true;
  return false;
}
