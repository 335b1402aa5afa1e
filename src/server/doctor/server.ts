import type { Config } from '../config.ts';
import { findRunningServer } from '../process/data-directory.ts';
import { listen } from '../process/listen-address.ts';
import { StartError } from '../process/start-error.ts';
import type { Finding } from './finding.ts';

/** Whether it runs or could be started here, and whether its page is built. */
export async function checkServer(config: Config, pageBuilt: boolean): Promise<Finding[]> {
  const page: Finding = pageBuilt
    ? { state: 'ok', subject: 'Page', detail: 'built' }
    : { state: 'off', subject: 'Page', detail: 'not built from these sources; "npm start" builds it first' };
  return [await serverState(config), page];
}

async function serverState({ host, port, dataDir }: Config): Promise<Finding> {
  const subject = 'Server';
  try {
    const running = findRunningServer(dataDir);
    if (running) return { state: 'ok', subject, detail: `runs at ${running.origin ?? '(it is starting)'}` };
    const server = await listen(host, port);
    await server.close();
    return { state: 'off', subject, detail: `does not run; port ${port} is free`, remedy: 'npm start' };
  } catch (cause) {
    if (cause instanceof StartError) return { state: 'bad', subject, detail: cause.message };
    throw cause;
  }
}
