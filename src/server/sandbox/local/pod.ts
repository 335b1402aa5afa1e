import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import * as v from 'valibot';
import { podArguments, podCommand, podEnvironment } from './bwrap-arguments.ts';
import type { PodMounts } from './bwrap-arguments.ts';
import { Channel } from './channel.ts';
import type { Body, ByteKind } from './channel.ts';
import { ControlSocket } from './control-socket.ts';
import type { SandboxFolder } from './folders.ts';
import { launch } from './launch.ts';
import type { SandboxLimits } from './limits.ts';
import { egressPort } from './pod/egress-relay.ts';
import type { PodRequest } from './pod/requests.ts';
import type { ProgramFolder } from './program-folder.ts';
import type { Bubblewrap } from './programs.ts';

/** Milliseconds for namespaces, Node and its first connection. A loaded machine needed 0.7 s. */
const startTimeoutMs = 20_000;
const keptErrorBytes = 4_096;

export interface PodSetup {
  bubblewrap: Bubblewrap;
  folder: SandboxFolder;
  program: ProgramFolder;
  /** Folder of npm, when it is not below /usr. */
  npm: string | null;
  seccomp: Buffer;
  limits: SandboxLimits;
  /** Takes each connection to the proxy; null when there is no way out. */
  onEgress: ((socket: Socket) => void) | null;
}

const identitySchema = v.object({ identity: v.string() });

/** The pod did not start; the message is what bwrap or the supervisor printed. */
export class PodStartFailure extends Error {}

/** One running pod: bwrap with the supervisor inside, and the connection to it. */
export class Pod {
  readonly channel: Channel;
  /** Resolves when no process of the pod is left, and never rejects. */
  readonly ended: Promise<void>;
  /** Process id of bwrap, on the host. */
  readonly pid: number;
  /** Why the host ended it, in words for the person; null when it ended by itself. */
  endReason: string | null = null;
  isEnding = false;
  lastUsed = performance.now();
  readonly #child: ChildProcess;
  readonly #control: ControlSocket;
  #active = 0;

  private constructor(child: ChildProcess, socket: Socket, control: ControlSocket) {
    this.#child = child;
    this.#control = control;
    this.pid = child.pid ?? 0;
    // The supervisor is the heart: without it, or without its connection, the pod is nothing.
    this.channel = new Channel(socket, () => this.kill());
    this.ended = endOf(child).then(() => {
      this.isEnding = true;
      socket.destroy();
      return control.close();
    });
  }

  /** @throws {PodStartFailure} */
  static async start(setup: PodSetup): Promise<Pod> {
    const attached = Promise.withResolvers<Socket>();
    const control = await ControlSocket.listen(setup.folder.control, attached.resolve, setup.onEgress);
    try {
      const child = await launchPod(setup);
      const socket = await firstConnection(child, attached.promise);
      const pod = new Pod(child, socket, control);
      await pod.#confirm(setup.folder);
      return pod;
    } catch (cause) {
      await control.close();
      throw cause;
    }
  }

  /** Requests that have no answer yet. */
  get active(): number {
    return this.#active;
  }

  /** As `Channel.request`, and counted as use. @param deadlineMs after which a silent supervisor ends with its pod */
  request(
    request: PodRequest,
    options: {
      body?: Body | undefined;
      onBytes?: (kind: ByteKind, bytes: Buffer) => void;
      /** null: it may take for ever. */
      deadlineMs: number | null;
    },
  ): { answer: Promise<unknown>; cancel: () => void } {
    this.#active += 1;
    const { deadlineMs } = options;
    const late = () => this.kill('it did not answer any more');
    const timer = deadlineMs === null ? undefined : setTimeout(late, deadlineMs);
    const { answer, cancel } = this.channel.request(request, options);
    const counted = answer.finally(() => {
      clearTimeout(timer);
      this.#active -= 1;
      this.lastUsed = performance.now();
    });
    return { answer: counted, cancel };
  }

  /** Before any command runs: what was mounted may be another folder than the one that was looked at. */
  async #confirm({ bound }: SandboxFolder): Promise<void> {
    if (!bound) return;
    const { answer } = this.request({ op: 'identity' }, { deadlineMs: startTimeoutMs });
    const { identity } = v.parse(identitySchema, await answer);
    if (identity === bound.identity) return;
    this.kill();
    await this.ended;
    throw new PodStartFailure(`${bound.path} became another folder while it was opened`);
  }

  /** As `ControlSocket.awaitTunnel`. */
  awaitTunnel(): ReturnType<ControlSocket['awaitTunnel']> {
    return this.#control.awaitTunnel();
  }

  /** The end of bwrap is the end of its process namespace, whatever the commands do. */
  kill(reason: string | null = null): void {
    if (!this.isEnding) this.endReason = reason;
    this.isEnding = true;
    this.#child.kill('SIGKILL');
  }
}

function launchPod({
  bubblewrap,
  folder,
  program,
  npm,
  seccomp,
  limits,
  onEgress,
}: PodSetup): Promise<ChildProcess> {
  const { workspace, home, control, temporary, user } = folder;
  return launch<PodMounts>({
    bwrap: bubblewrap.path,
    user,
    paths: {
      workspace: { source: workspace },
      home: { source: home },
      control: { source: control },
      etc: { source: program.etc },
      program: { source: program.pod },
      node: { source: program.node, file: true },
      ...(npm === null ? {} : { npm: { source: npm } }),
      ...(bubblewrap.sizedTmpfs ? {} : { temporary: { source: temporary } }),
    },
    build: (mounts) =>
      podArguments(bubblewrap, mounts, limits, podEnvironment(onEgress !== null, egressPort)),
    command: podCommand(limits),
    seccomp,
  });
}

async function firstConnection(child: ChildProcess, attached: Promise<Socket>): Promise<Socket> {
  let printed = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    // A command can reach this pipe too: it is read to the end and forgotten.
    if (printed.length < keptErrorBytes) printed += text;
  });
  const failed = endOf(child).then(() =>
    Promise.reject(new PodStartFailure(printed.trim() || 'it ended at once')),
  );
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new PodStartFailure('it did not start in time')), startTimeoutMs);
  });
  try {
    return await Promise.race([attached, failed, late]);
  } catch (cause) {
    child.kill('SIGKILL');
    throw cause;
  } finally {
    clearTimeout(timer);
    failed.catch(() => undefined);
  }
}

/** `close` comes when the supervisor, which holds the same pipe, is gone too. */
function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.pid === undefined) child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
}
