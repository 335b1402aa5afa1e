import { createInterface } from 'node:readline/promises';
import { serve } from '../server.ts';
import { ensurePage, isPageBuilt } from './build-page.ts';
import type { Config } from '#server/config.ts';
import { explainAndExit } from '#server/process/explain.ts';
import { installBubblewrap } from '#server/sandbox/local/install.ts';

/** What can stand after `npm start --`. */
const commands: Record<string, () => Promise<void>> = {
  login: async () => (await import('#server/login.ts')).printLoginLink(),
  doctor: async () => (await import('#server/doctor/doctor.ts')).printDiagnosis(isPageBuilt),
};

export async function runCommand([name, ...rest]: string[]): Promise<void> {
  try {
    if (name === undefined) return await serve(prepare);
    const command = rest.length === 0 ? commands[name] : undefined;
    if (command) return await command();
    console.error(
      `"npm start" takes nothing, or one of: ${Object.keys(commands).join(', ')}. Variables go into .env.`,
    );
    process.exitCode = 1;
  } catch (cause) {
    explainAndExit(cause);
  }
}

/** What a fresh machine lacks; done while the server already holds its port and its data directory. */
async function prepare(config: Config): Promise<void> {
  await ensurePage();
  if (config.sandbox !== 'local') return;
  const outcome = await installBubblewrap({
    allowed: !config.noInstall,
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
