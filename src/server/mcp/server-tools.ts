import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { cleanSchema } from './clean-schema.ts';
import { callNameOf } from './tool-names.ts';

/** One tool of a server: what a person is shown, and a model is told, word for word. */
export interface ServerTool {
  /** As the server calls it. */
  name: string;
  callName: string;
  description: string;
  parameters: Record<string, unknown>;
  /** SHA-256, hex, of all of the above and of the server's own schema: another one is another tool. */
  hash: string;
  /** Why no model can be told of it. */
  problem?: string;
}

/** Of one server; more are left out. */
const mostTools = 100;
const descriptionCharacters = 2_000;
/** Characters of a schema as JSON. */
const schemaCharacters = 24_000;
const nameCharacters = 128;

const stored = v.object({
  name: v.string(),
  callName: v.string(),
  description: v.string(),
  parameters: v.record(v.string(), v.unknown()),
  hash: v.string(),
  problem: v.optional(v.string()),
});
/** As it was agreed to. */
export const storedTool: v.GenericSchema<unknown, ServerTool> = stored as never;

/** What a server says of its tools, cleaned: within bounds, visible, and as every provider takes it. */
export function readTools(
  server: string,
  given: readonly { name: string; description?: string | undefined; inputSchema: unknown }[],
): ServerTool[] {
  const seen = new Set<string>();
  return given.slice(0, mostTools).flatMap((tool) => {
    const name = visible(tool.name).slice(0, nameCharacters);
    if (name === '' || seen.has(name)) return [];
    seen.add(name);
    return [readTool(server, name, tool)];
  });
}

function readTool(
  server: string,
  name: string,
  tool: { name: string; description?: string | undefined; inputSchema: unknown },
): ServerTool {
  const description = visible(tool.description ?? '').slice(0, descriptionCharacters);
  const schemaText = JSON.stringify(tool.inputSchema) ?? '';
  const cleaned =
    tool.name !== name
      ? { problem: 'its name holds characters that cannot be seen, or is too long' }
      : schemaText.length > schemaCharacters
        ? { problem: 'the schema of its arguments is too large' }
        : cleanSchema(tool.inputSchema);
  const parameters = 'parameters' in cleaned ? cleaned.parameters : {};
  // The whole of what the server says: what was cut or cleaned away must not change unseen either.
  const facts = JSON.stringify([server, tool.name, tool.description ?? '', schemaText, parameters]);
  return {
    name,
    callName: callNameOf(server, name),
    description,
    parameters,
    hash: createHash('sha256').update(facts).digest('hex'),
    ...('problem' in cleaned ? { problem: cleaned.problem } : {}),
  };
}

/** Without control, formatting and unassigned characters: a person must see all that a model reads. */
function visible(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\P{C}\n\t]/gu, '')
    .trim();
}
