import { CrosspointError } from '#protocol/errors.ts';
import type { ExecOptions, ExecResult, Sandbox, SandboxFiles, SandboxState } from '../sandbox.ts';
import { execCommand } from './exec-command.ts';
import type { Pod } from './pod.ts';
import { podFiles } from './pod-files.ts';
import { workdir } from './workspace-path.ts';

/** What a sandbox needs of its provider. */
export interface Pods {
  pod(id: string, options: { create: boolean }): Promise<Pod>;
  exists(id: string): Promise<'alive' | 'stopped' | 'gone'>;
  stopPod(id: string): Promise<void>;
  removeSandbox(id: string): Promise<void>;
}

/** One sandbox, running or not: a request to one that was stopped, or whose pod died, starts it again. */
export class LocalSandbox implements Sandbox {
  readonly provider = 'local';
  readonly workdir = workdir;
  readonly id: string;
  readonly files: SandboxFiles;
  readonly #pods: Pods;
  #destroyed = false;

  constructor(id: string, pods: Pods) {
    this.id = id;
    this.#pods = pods;
    this.files = podFiles((use) => this.#inPod(use));
  }

  exec(command: string, options?: ExecOptions): Promise<ExecResult> {
    return this.#inPod((pod) => execCommand(pod, command, options));
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
