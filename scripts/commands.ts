import { serve } from '../server.ts';
import { ensureBubblewrap } from './bubblewrap.ts';
import { ensurePage, isPageBuilt } from './build-page.ts';
import type { Config } from '#server/config.ts';
import { explainAndExit } from '#server/process/explain.ts';

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
  if (config.sandbox === 'local') await ensureBubblewrap(!config.noInstall);
}
