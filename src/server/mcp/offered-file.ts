import * as v from 'valibot';
import { mcpServerConfig, type OfferedMcpServer } from '#protocol/mcp.ts';

/** Where projects describe their servers. */
export const offeredPath = '.mcp.json';
/** Bytes. */
export const mostOfferedBytes = 64 * 1024;
const mostOffered = 20;

const text = v.pipe(v.string(), v.maxLength(2_000));
const file = v.object({
  mcpServers: v.record(
    v.string(),
    v.object({
      command: v.optional(text),
      args: v.optional(v.array(text), []),
      env: v.optional(v.record(v.string(), v.unknown()), {}),
      url: v.optional(text),
      headers: v.optional(v.record(v.string(), v.unknown()), {}),
    }),
  ),
});

/**
 * What a file of the workspace asks for: shown to the person, and nothing else. A file is written by whoever wrote the
 * project, or by a model: it never starts a program and never has a secret sent anywhere (CVE-2025-54136, R13). Environment
 * and headers are not taken over.
 */
export function readOffered(bytes: Uint8Array, threadId: string): OfferedMcpServer[] {
  const read = v.safeParse(file, parse(bytes));
  if (!read.success) return [];
  return Object.entries(read.output.mcpServers)
    .slice(0, mostOffered)
    .flatMap(([given, { command, args, env, url, headers }]) => {
      const name = nameFrom(given);
      const transport =
        url === undefined
          ? { type: 'stdio', command: [command ?? '', ...args.map(quoted)].join(' '), threadId }
          : { type: 'http', url };
      const config = v.safeParse(mcpServerConfig, { name, transport });
      if (!config.success) return [];
      const left = [...Object.keys(env), ...Object.keys(headers)];
      const notes = left.length ? [`Not taken over: the values of ${left.slice(0, 10).join(', ')}.`] : [];
      return [{ name: config.output.name, transport: config.output.transport, notes }];
    });
}

function nameFrom(given: string): string {
  const slug = given.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return slug.slice(0, 24).replaceAll(/^-+|-+$/g, '');
}

function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return null;
  }
}
