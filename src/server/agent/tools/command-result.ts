import type { ExecResult } from '#server/sandbox/sandbox.ts';
import { headAndTail } from './long-output.ts';
import type { ToolOutcome } from './tool.ts';

/** Characters of each stream that the model reads: the beginning and, where errors stand, the end. */
const maxCharacters = 20_000;
/** Bytes of each stream that can be read later. */
export const maxKeptBytes = 1_000_000;

/** What a command's end looks like to the model and to a person. A failing command is an `error` with its output. */
export function commandOutcome(result: ExecResult, title: string, toolCallId: string): ToolOutcome {
  const ending = endingOf(result);
  const { text, whole } = shownOutput(ending, result, toolCallId);
  return {
    status: result.lost ? 'outcome_unknown' : result.exitCode === 0 ? 'ok' : 'error',
    text,
    ...(text === whole ? {} : { whole }),
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

/** Both streams in full, and cut so that the beginning and the end of each are read. */
function shownOutput(ending: string, { stdout, stderr, truncatedBytes }: ExecResult, toolCallId: string) {
  let [text, whole] = [ending, ending];
  for (const [name, output] of Object.entries({ stdout, stderr })) {
    const clean = output.trimEnd();
    if (clean === '') continue;
    const head = `\n\n${name}:\n`;
    const before = whole.length + head.length;
    text += head + headAndTail(clean, maxCharacters, toolCallId, before);
    whole += head + clean;
  }
  if (!truncatedBytes) return { text, whole };
  const note = `\n\n[${truncatedBytes} bytes were dropped from the middle and are kept nowhere: for all of it, write the output to a file and look at parts of that.]`;
  return { text: text + note, whole: whole + note };
}

export function oneLine(text: string, limit = 80): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  return line.length > limit || text.trim().includes('\n') ? `${line.slice(0, limit)}…` : line;
}

/** One word of a bash command, whatever is in it. */
export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
