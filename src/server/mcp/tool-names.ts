import { createHash } from 'node:crypto';

/** What every wire takes as the name of a tool (OpenAI, Anthropic, Gemini: at most 64 of these). */
const longest = 64;
const hashLength = 8;

/**
 * How models call the tool of a server: `mcp__<server>__<tool>`. A name that had to be changed ends with a hash of the real
 * one, so that no two are the same; none can be that of a tool of ours.
 * @param server letters, digits and single hyphens, at most 24
 */
export function callNameOf(server: string, tool: string): string {
  const wanted = `mcp__${server}__${tool}`;
  if (wanted.length <= longest && /^[A-Za-z0-9_-]+$/.test(wanted)) return wanted;
  const hash = createHash('sha256').update(tool).digest('hex').slice(0, hashLength);
  const head = wanted.replaceAll(/[^A-Za-z0-9_-]+/g, '_').slice(0, longest - hashLength - 1);
  return `${head}_${hash}`;
}
