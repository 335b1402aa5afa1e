import type { ExecResult } from '#server/sandbox/sandbox.ts';
import type { ToolOutcome } from './tool.ts';

/** Characters of each stream that the model reads: the beginning and, where errors stand, the end. */
const maxCharacters = 20_000;

/** What a command's end looks like to the model and to a person. A failing command is an `error` with its output. */
export function commandOutcome(result: ExecResult, title: string): ToolOutcome {
  const ending = endingOf(result);
  const parts = [
    ending,
    section('stdout', result.stdout),
    section('stderr', result.stderr),
    result.truncatedBytes
      ? `[${result.truncatedBytes} bytes were dropped from the middle. Write the output to a file and read it with read_file.]`
      : '',
  ].filter((part) => part !== '');
  return {
    status: result.lost ? 'outcome_unknown' : result.exitCode === 0 ? 'ok' : 'error',
    text: parts.join('\n\n'),
    summary: `${oneLine(title)}: ${ending}`,
    ...(result.exitCode === null ? {} : { exitCode: result.exitCode }),
  };
}

function endingOf(result: ExecResult): string {
  if (result.lost) return 'the sandbox ended while this ran; nobody knows how far it got';
  if (result.cancelled) return 'stopped before it ended';
  if (result.timedOut)
    return `stopped: it did not end within ${(result.durationMs / 1_000).toFixed(0)} s (use background for servers, or timeoutMs)`;
  if (result.exitCode === null) return `killed by ${result.signal ?? 'a signal'}`;
  return `exit code ${result.exitCode}`;
}

function section(name: string, output: string): string {
  const text = output.trimEnd();
  return text === '' ? '' : `${name}:\n${capMiddle(text)}`;
}

export function capMiddle(text: string, limit = maxCharacters): string {
  if (text.length <= limit) return text;
  const half = Math.floor(limit / 2);
  const dropped = text.length - 2 * half;
  return `${text.slice(0, half)}\n[… ${dropped} characters left out: write the output to a file and read it with read_file …]\n${text.slice(-half)}`;
}

export function oneLine(text: string, limit = 80): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  return line.length > limit || text.trim().includes('\n') ? `${line.slice(0, limit)}…` : line;
}

/** One word of a bash command, whatever is in it. */
export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
