import { CrosspointError } from '#protocol/errors.ts';
import type {
  ExecOptions,
  ExecResult,
  PortTarget,
  Pty,
  PtyOptions,
  Sandbox,
  SandboxFiles,
  SandboxScratch,
  SandboxState,
} from '../sandbox.ts';
import { execCommand } from './exec-command.ts';
import type { Pod } from './pod.ts';
import { podFiles } from './pod-files.ts';
import { connectPort, openPty } from './pod-pty.ts';
import { podScratch } from './pod-scratch.ts';
import { workdir } from './workspace-path.ts';

/** What a sandbox needs of its provider. */
export interface Pods {
  pod(id: string, options: { create: boolean }): Promise<Pod>;
  exists(id: string): Promise<SandboxState>;
  stopPod(id: string): Promise<void>;
  removeSandbox(id: string): Promise<void>;
}

/** One sandbox, running or not: a request to one that was stopped, or whose pod died, starts it again. */
export class LocalSandbox implements Sandbox {
  readonly provider = 'local';
  readonly durability = 'host';
  readonly workdir = workdir;
  readonly id: string;
  readonly ref: string;
  readonly files: SandboxFiles;
  readonly scratch: SandboxScratch;
  readonly #pods: Pods;
  #destroyed = false;

  constructor(id: string, pods: Pods) {
    this.id = id;
    this.ref = id;
    this.#pods = pods;
    this.files = podFiles((use) => this.#inPod(use));
    this.scratch = podScratch((use) => this.#inPod(use));
  }

  exec(command: string, options?: ExecOptions): Promise<ExecResult> {
    return this.#inPod((pod) => execCommand(pod, command, options));
  }

  pty(options: PtyOptions): Promise<Pty> {
    return this.#inPod((pod) => openPty(pod, options));
  }

  port(port: number): Promise<PortTarget> {
    return Promise.resolve({ kind: 'socket', connect: () => this.#inPod((pod) => connectPort(pod, port)) });
  }

  /** A pod is never ended while something is asked of it; in between its own idle time is long. */
  keepAlive(): Promise<void> {
    return Promise.resolve();
  }

  async state(): Promise<SandboxState> {
    return this.#destroyed ? 'gone' : this.#pods.exists(this.id);
  }

  async stop(): Promise<void> {
    if (!this.#destroyed) await this.#pods.stopPod(this.id);
  }

  async destroy(): Promise<void> {
    this.#destroyed = true;
    await this.#pods.removeSandbox(this.id);
  }

  async #inPod<Result>(use: (pod: Pod) => Promise<Result>): Promise<Result> {
    for (;;) {
      // Never an empty workspace in place of the one that was lost.
      if (this.#destroyed)
        throw new CrosspointError('sandbox_gone', { remedy: 'It was removed. Start a new thread.' });
      const pod = await this.#pods.pod(this.id, { create: false });
      // It may have been stopped, for being idle, between the answer and now.
      if (!pod.isEnding) return use(pod);
    }
  }
}
