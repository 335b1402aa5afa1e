import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, type Config } from '../config.ts';
import { parseGatewayConfig } from '../gateway/routing/gateway-config.ts';
import { wrongFile, type GatewayFile } from '../gateway/routing/gateway-settings.ts';

const usualNames = ['gateway.yaml', 'gateway.yml', 'gateway.json'];
const mostCharacters = 1_000_000;

/**
 * The gateway's file: the one that GATEWAY_CONFIG names, else the one in the data directory; null when there is none.
 * @throws ConfigError that names the file and the place in it
 */
export async function readGatewayFile(
  config: Pick<Config, 'gatewayFile' | 'dataDir'>,
): Promise<GatewayFile | null> {
  const path = config.gatewayFile ?? usualFile(config.dataDir);
  if (path === null) return null;
  const parsed = parseGatewayConfig(await parse(path, await readText(path)));
  if ('problem' in parsed) throw wrongFile(path, parsed.problem);
  return { path, config: parsed.config };
}

function usualFile(dataDir: string): string | null {
  const found = usualNames.map((name) => join(dataDir, name)).filter((path) => existsSync(path));
  const [first, second] = found;
  if (first && second)
    throw new ConfigError('GATEWAY_CONFIG', `there are both ${first} and ${second}. Remove one of them.`);
  return first ?? null;
}

async function readText(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw wrongFile(path, { path: '', sentence: `cannot be read (${code})` });
  }
  if (text.length > mostCharacters)
    throw wrongFile(path, { path: '', sentence: 'is larger than a configuration can be' });
  return text.replace(/^\uFEFF/, '');
}

/** Syntax errors are told by their place and not by the text there, which may hold a key that somebody wrote by mistake. */
async function parse(path: string, text: string): Promise<unknown> {
  if (/\.json$/i.test(path)) return parseJson(path, text);
  const { LineCounter, parseDocument } = await import('yaml');
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const [problem] = document.errors;
  if (problem) {
    const { line, col } = lineCounter.linePos(problem.pos[0]);
    const what = problem.code.toLowerCase().replaceAll('_', ' ');
    throw wrongFile(path, { path: `line ${line}, column ${col}`, sentence: `is not valid YAML (${what})` });
  }
  try {
    return document.toJS() as unknown;
  } catch {
    throw wrongFile(path, { path: '', sentence: 'uses YAML aliases that cannot be followed' });
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text.trim() === '' ? '{}' : text);
  } catch (cause) {
    const place = /\((line \d+ column \d+)\)/.exec((cause as Error).message)?.[1];
    throw wrongFile(path, { path: place ?? '', sentence: 'is not valid JSON' });
  }
}
