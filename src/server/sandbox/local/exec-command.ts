import * as v from 'valibot';
import { CrosspointError } from '#protocol/errors.ts';
import type { ExecOptions, ExecResult } from '../sandbox.ts';
import { PodLost, PodRefusal } from './channel.ts';
import type { ByteKind } from './channel.ts';
import { defaultOutputBytes, defaultTimeoutMs, maxTimeoutMs } from './limits.ts';
import { CommandOutput } from './output-window.ts';
import type { Pod } from './pod.ts';
import { workspacePath } from './workspace-path.ts';

/** Milliseconds that the supervisor may take, after the command's own time, to kill the tree and say so. */
const graceMs = 5_000;
/** What bash itself answers when it finds a command that cannot be started. */
const cannotStart = 126;

const doneSchema = v.object({
  exitCode: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255))),
  signal: v.nullable(v.pipe(v.string(), v.regex(/^SIG[A-Z0-9]{1,12}$/))),
  timedOut: v.boolean(),
  survivors: v.pipe(v.number(), v.integer(), v.minValue(0)),
  processId: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  outputFile: v.optional(v.pipe(v.string(), v.regex(/^\/tmp\/background-\d+\.log$/))),
});

interface Run {
  pod: Pod;
  output: CommandOutput;
  startedAt: number;
  options: ExecOptions;
}

/** One command in a running pod. Whatever happens to it is a result; only a wrong `cwd` is an error. */
export async function execCommand(pod: Pod, command: string, options: ExecOptions = {}): Promise<ExecResult> {
  const cwd = workspacePath(options.cwd ?? '.');
  const listener = new Listener(options.onOutput);
  const onOutput = (stream: 'stdout' | 'stderr', text: string) => listener.hear(stream, text);
  const output = new CommandOutput(options.maxOutputBytes ?? defaultOutputBytes, onOutput);
  const run: Run = { pod, output, startedAt: performance.now(), options };
  if (options.signal?.aborted) return resultOf(run, { cancelled: true });
  const timeoutMs = Math.min(Math.max(1, options.timeoutMs ?? defaultTimeoutMs), maxTimeoutMs);
  const { answer, cancel } = pod.request(
    {
      op: 'exec',
      command,
      cwd,
      env: options.env ?? {},
      timeoutMs,
      stdin: options.stdin !== undefined,
      background: options.background ?? false,
    },
    {
      body: options.stdin,
      onBytes: (kind, bytes) => receive(output, kind, bytes),
      deadlineMs: timeoutMs + graceMs,
    },
  );
  let overdue: NodeJS.Timeout | undefined;
  const abort = () => {
    cancel();
    // A supervisor that was stopped itself does not hear the request.
    overdue = setTimeout(() => pod.kill('it did not answer any more'), graceMs);
  };
  options.signal?.addEventListener('abort', abort, { once: true });
  listener.onFailure = abort;
  try {
    const result = finish(run, v.parse(doneSchema, await answer));
    listener.throwFailure();
    return result;
  } catch (cause) {
    return failure(run, cwd, cause);
  } finally {
    clearTimeout(overdue);
    options.signal?.removeEventListener('abort', abort);
  }
}

/** The caller's `onOutput`: when it throws, the command is stopped and the caller gets its own error; the pod lives on. */
class Listener {
  onFailure: () => void = () => undefined;
  readonly #listen: ExecOptions['onOutput'];
  #failed: { cause: unknown } | null = null;

  constructor(listen: ExecOptions['onOutput']) {
    this.#listen = listen;
  }

  hear(stream: 'stdout' | 'stderr', text: string): void {
    if (this.#failed) return;
    try {
      this.#listen?.(stream, text);
    } catch (cause) {
      this.#failed = { cause };
      this.onFailure();
    }
  }

  throwFailure(): void {
    if (this.#failed) throw this.#failed.cause;
  }
}

function receive(output: CommandOutput, kind: ByteKind, bytes: Buffer): void {
  if (kind === 'data') throw new RangeError('file content in the answer to a command');
  output.add(kind, bytes);
}

function finish(run: Run, done: v.InferOutput<typeof doneSchema>): ExecResult {
  const { pod, options } = run;
  // What cannot be killed must not live on beside the next command.
  if (done.survivors > 0) pod.kill('a command left processes that could not be ended');
  const cancelled = options.signal?.aborted === true && !done.timedOut;
  const stopped = done.timedOut || cancelled;
  return resultOf(run, {
    exitCode: stopped ? null : done.exitCode,
    signal: done.signal,
    timedOut: done.timedOut,
    cancelled,
    ...(done.processId === undefined ? {} : { processId: done.processId }),
    ...(done.outputFile === undefined ? {} : { note: `Its output goes to ${done.outputFile}.` }),
  });
}

function failure(run: Run, cwd: string, cause: unknown): ExecResult {
  if (cause instanceof PodLost) {
    const { endReason } = run.pod;
    return resultOf(run, {
      lost: true,
      ...(endReason ? { note: `The sandbox was ended: ${endReason}.` } : {}),
    });
  }
  if (cause instanceof PodRefusal) {
    if (cause.failure.code === 'not_found') throw new CrosspointError('file_not_found', { path: cwd });
    return resultOf(run, {
      exitCode: cannotStart,
      note: `The command could not be started: ${cause.message}.`,
    });
  }
  // An answer that is no answer: the supervisor is not ours any more.
  if (cause instanceof v.ValiError) {
    run.pod.kill('its supervisor was changed');
    return resultOf(run, { lost: true });
  }
  throw cause;
}

function resultOf(run: Run, ending: Partial<ExecResult> & { note?: string }): ExecResult {
  const { output, startedAt } = run;
  output.end();
  const { note, ...known } = ending;
  const printed = output.stderr.text();
  return {
    exitCode: null,
    signal: null,
    stdout: output.stdout.text(),
    stderr: note === undefined ? printed : `${printed}${printed === '' ? '' : '\n'}[${note}]\n`,
    truncatedBytes: output.stdout.truncatedBytes + output.stderr.truncatedBytes,
    timedOut: false,
    cancelled: false,
    lost: false,
    durationMs: performance.now() - startedAt,
    ...known,
  };
}
