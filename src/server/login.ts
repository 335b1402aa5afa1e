import { readConfig } from './config.ts';
import { createLoginKey, loginLink } from './http/auth/login.ts';
import { originsOf } from './http/guard.ts';
import { findRunningServer } from './process/data-directory.ts';
import { readEnvironment } from './process/environment-file.ts';
import { openStore } from './store/open-store.ts';

/** `npm start -- login`: prints a new one-time link, also while the server runs. */
export async function printLoginLink(): Promise<void> {
  const { dataDir, host, port } = readConfig(readEnvironment(process.env, process.cwd()));
  const server = findRunningServer(dataDir);
  const store = await openStore(dataDir);
  try {
    const origin = server?.origin ?? `http://${originsOf(host, port).canonicalHost}`;
    process.stdout.write(`${loginLink(origin, await createLoginKey(store.sessions))}\n`);
    if (!server)
      process.stderr.write('Crosspoint does not run yet: start it with "npm start", then open the link.\n');
  } finally {
    await store.close();
  }
}
