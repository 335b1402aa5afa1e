import { createInterface } from 'node:readline/promises';
import { installBubblewrap } from '#server/sandbox/local/install.ts';

/** Installs bubblewrap where it may: as root with one printed line, in a terminal after one question. */
export async function ensureBubblewrap(allowed: boolean): Promise<void> {
  const outcome = await installBubblewrap({
    allowed,
    ask: process.stdin.isTTY && process.stderr.isTTY ? ask : null,
    announce: (line) => console.error(line),
  });
  if (outcome.state === 'declined' || outcome.state === 'failed')
    console.error(
      `Commands cannot run until bubblewrap is installed (${outcome.reason}). Run: ${outcome.command}`,
    );
}

async function ask(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [Y/n] `);
    return /^(?:y|yes|)$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
