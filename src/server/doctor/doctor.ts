import { ConfigError, readConfig, type Config } from '../config.ts';
import { readEnvironment } from '../process/environment-file.ts';
import { checkCodeSearch } from './code-search.ts';
import { checkDataDirectory } from './data-directory.ts';
import type { Check, Finding } from './finding.ts';
import { checkGateway } from './gateway.ts';
import { checkMorph } from './morph.ts';
import { checkProviders } from './providers.ts';
import { checkSandbox } from './sandbox.ts';
import { checkServer } from './server.ts';
import { checkWeb } from './web.ts';

/**
 * `npm start -- doctor`: what is configured, reachable and missing, and the one line that mends each.
 * Also while the server runs. The exit code is 1 when something that was asked for does not work.
 */
export async function printDiagnosis(isPageBuilt: () => boolean): Promise<void> {
  const findings = await diagnose(isPageBuilt);
  for (const finding of findings) process.stdout.write(`${lineOf(finding)}\n`);
  if (findings.some(({ state }) => state === 'bad')) process.exitCode = 1;
}

async function diagnose(isPageBuilt: () => boolean): Promise<Finding[]> {
  const runtime: Finding = { state: 'ok', subject: 'Node', detail: process.version };
  const config = tryConfig();
  if ('state' in config) return [runtime, config];
  const checks: Check[] = [
    () => checkServer(config, isPageBuilt()),
    () => checkSandbox(config),
    () => checkWeb(config),
    () => checkRecordAndModels(config),
    () => checkMorph(config),
  ];
  const found = await Promise.all(checks.map((check) => check()));
  return [runtime, ...found.flat()];
}

/** One after the other: the first two open the record, and the gateway's configuration may name keys of providers. */
async function checkRecordAndModels(config: Config): Promise<Finding[]> {
  const data = await checkDataDirectory(config);
  const gateway = await checkGateway(config);
  const found = [...data, ...gateway.findings, ...(await checkProviders(gateway.config))];
  return [...found, ...(await checkCodeSearch(config))];
}

function tryConfig(): Config | Finding {
  try {
    return readConfig(readEnvironment(process.env, process.cwd()));
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    const remedy = `Correct ${cause.variable} in .env or in the environment.`;
    return { state: 'bad', subject: 'Configuration', detail: cause.message, remedy };
  }
}

const marks = { ok: 'ok ', off: '-  ', bad: 'BAD' };

function lineOf({ state, subject, detail, remedy }: Finding): string {
  const line = `${marks[state]}  ${subject.padEnd(16)} ${detail}`;
  return remedy ? `${line}\n     ${' '.repeat(16)} → ${remedy}` : line;
}
