import { serve } from '../server.ts';
import { ensureBubblewrap } from './bubblewrap.ts';
import { ensurePage, isPageBuilt } from './build-page.ts';
import type { Config } from '#server/config.ts';
import { explainAndExit } from '#server/process/explain.ts';

interface Command {
  /** What stands behind its name; what is in brackets may be left out, and what ends with dots may come again. */
  takes: string;
  run(...given: string[]): Promise<void>;
}

/** What can stand after `npm start --`. */
const commands: Record<string, Command> = {
  login: { takes: '', run: async () => (await import('#server/login.ts')).printLoginLink() },
  doctor: {
    takes: '',
    run: async () => (await import('#server/doctor/doctor.ts')).printDiagnosis(isPageBuilt),
  },
  import: {
    takes: '<file>',
    run: async (file = '') => (await import('#server/transfer/commands.ts')).importFile(file),
  },
  export: {
    takes: '<threadId> [<file>]',
    run: async (id = '', file) => (await import('#server/transfer/commands.ts')).exportToFile(id, file),
  },
  key: {
    takes: 'create|list|revoke [<name or id>] [<option>...]',
    run: async (...given) => (await import('#server/key-commands.ts')).runKeyCommand(given),
  },
};

export async function runCommand([name, ...given]: string[]): Promise<void> {
  try {
    if (name === undefined) return await serve(prepare);
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (command && takes(command, given.length)) return await command.run(...given);
    const known = Object.entries(commands).map(([each, { takes }]) => `${each} ${takes}`.trim());
    console.error(`"npm start" takes nothing, or one of: ${known.join(', ')}. Variables go into .env.`);
    process.exitCode = 1;
  } catch (cause) {
    explainAndExit(cause);
  }
}

function takes({ takes }: Command, count: number): boolean {
  const all = takes.match(/\[.*?\]|<.*?>|\S+/g) ?? [];
  const needed = all.filter((each) => !each.startsWith('['));
  const most = all.at(-1)?.endsWith('...]') ? Infinity : all.length;
  return count >= needed.length && count <= most;
}

/** What a fresh machine lacks; done while the server already holds its port and its data directory. */
async function prepare(config: Config): Promise<void> {
  await ensurePage();
  if (config.sandbox === 'local') await ensureBubblewrap(!config.noInstall);
}
