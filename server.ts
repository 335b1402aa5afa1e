import { readConfig, type Config } from '#server/config.ts';
import { createLoginKey, loginLink } from '#server/http/auth/login.ts';
import { EventStreams } from '#server/http/event-streams.ts';
import type { HttpServer } from '#server/http/http-server.ts';
import { createListener } from '#server/http/listener.ts';
import { openPage } from '#server/http/page.ts';
import type { App } from '#server/app.ts';
import { DataDirectory } from '#server/process/data-directory.ts';
import { dropTelemetry, readEnvironment } from '#server/process/environment-file.ts';
import { explainAndExit } from '#server/process/explain.ts';
import { listen } from '#server/process/listen-address.ts';
import { createLogger } from '#server/process/logger.ts';
import { npmFolder } from '#server/process/npm-folder.ts';
import { loadFrugally } from '#server/process/young-generation.ts';

/** Milliseconds for a clean end; what has not ended by then is ended by the next start (`recover`). */
const shutdownMs = 4_000;
const secondSignalMs = 500;

/**
 * The production entry: one process, one app. The guard and the API answer first, then the page's files.
 * @param prepare what `npm start` does before the app opens: the server already holds its port and its data directory
 * @throws StartError, ConfigError when it cannot serve
 */
export async function serve(
  prepare: (config: Config) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  dropTelemetry(process.env);
  const config = readConfig(readEnvironment(process.env, process.cwd()));
  const logger = createLogger(config);
  const streams = new EventStreams(logger);
  const running: Running = { streams };
  stopOnSignals(running);
  const directory = (running.directory = DataDirectory.open(config.dataDir));
  const server = (running.server = await listen(config.host, config.port));
  await prepare(config);
  // Loaded only now: a wrong variable or a taken port is told before the engine is read from disk.
  const { createApp } = await loadFrugally(() => import('#server/app.ts'));
  const [app, page] = await Promise.all([
    createApp(config, logger, npmFolder(process.env)),
    openPage(`${import.meta.dirname}/build`),
  ]);
  running.app = app;
  const { services } = app;
  server.serve(createListener({ services, origins: server.origins, port: server.port, streams, page }));
  directory.announce({ pid: process.pid, origin: server.origin });
  const key = await createLoginKey(services.store.sessions);
  console.log(`Crosspoint is ready: ${loginLink(server.origin, key)}`);
}

/** What is open so far. */
interface Running {
  streams: EventStreams;
  directory?: DataDirectory;
  server?: HttpServer;
  app?: App;
}

function stopOnSignals(running: Running): void {
  let stoppingSince: number | null = null;
  const stop = () => {
    if (stoppingSince !== null) {
      // Ctrl-C reaches us from the terminal and from npm; whoever asks again later does not want to wait.
      if (performance.now() - stoppingSince > secondSignalMs) process.exit(1);
      return;
    }
    stoppingSince = performance.now();
    setTimeout(() => process.exit(1), shutdownMs).unref();
    close(running).then(() => process.exit(0), explainAndExit);
  };
  // A terminal that goes away is not among them: with `nohup` we stay.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  // `npm start` on an older Node runs us as its child: when it is killed, nobody would stop us.
  process.on('disconnect', stop);
}

/** Runs end as `interrupted`, their last events go out, then everything else closes. */
async function close({ directory, server, streams, app }: Running): Promise<void> {
  const closed = server?.close();
  await app?.services.agent.close();
  streams.closeAll();
  await closed;
  await app?.close();
  directory?.close();
}

if (import.meta.main) await serve().catch(explainAndExit);
