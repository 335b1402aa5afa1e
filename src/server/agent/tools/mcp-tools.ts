import type { OfferedTool } from '#server/mcp/mcp-server.ts';
import type { McpServers } from '#server/mcp/mcp-servers.ts';
import { markedData } from '#server/web/marked-data.ts';
import { longOutput } from './long-output.ts';
import type { CallContext, HostTool, Tool, ToolOutcome } from './tool.ts';
import type { ToolSource } from './toolbox.ts';

/** Characters that a model reads of a result at once. */
const resultCharacters = 24_000;

type Args = Record<string, unknown>;

/** The tools of MCP servers that a person agreed to, each under the review of a command. */
export function mcpTools(servers: Pick<McpServers, 'offeredTo' | 'call'>): ToolSource {
  const made = new WeakMap<OfferedTool, Tool>();
  const lists = new WeakMap<readonly OfferedTool[], readonly Tool[]>();
  const toolOf = (offered: OfferedTool): Tool => {
    const known = made.get(offered) ?? (mcpTool(servers, offered) as Tool);
    made.set(offered, known);
    return known;
  };
  return {
    toolsOf(threadId) {
      const offered = servers.offeredTo(threadId);
      const known = lists.get(offered) ?? offered.map(toolOf);
      lists.set(offered, known);
      return known;
    },
  };
}

/** What a server says of itself (`readOnlyHint`) never spares it the review: only a person's rule for this very tool does. */
function mcpTool(servers: Pick<McpServers, 'call'>, offered: OfferedTool): HostTool<Args> {
  const { tool, server, isAllowed, isInside } = offered;
  return {
    name: tool.callName,
    kind: 'command',
    onHost: true,
    allowedByRule: isAllowed,
    description: `[Of the MCP server "${server}"] ${tool.description || tool.name}`,
    parameters: tool.parameters,
    parse: (args) => args as Args,
    // What runs elsewhere changes no file of the workspace.
    ...(isInside ? {} : { paths: () => [] }),
    run: (args, context) => run(servers, offered, args, context),
  };
}

/** A failure is thrown, and read by the model as any tool's. */
async function run(
  servers: Pick<McpServers, 'call'>,
  offered: OfferedTool,
  args: Args,
  { signal, onOutput, call }: CallContext,
): Promise<ToolOutcome> {
  const { server, tool } = offered;
  const { isError, text, images } = await servers.call(offered, args, {
    signal,
    onProgress: (line) => onOutput('stdout', `${line}\n`),
  });
  const { text: shown, whole } = longOutput(text, resultCharacters, call.toolCallId);
  const data =
    shown === ''
      ? ''
      : markedData([{ facts: { tool: tool.name }, text: shown }], undefined, `the MCP server "${server}"`);
  return {
    status: isError ? 'error' : 'ok',
    text: `${isError ? 'Error: the tool failed. ' : ''}${data || 'The result is what is shown.'}`,
    ...(whole === undefined ? {} : { whole }),
    summary: `${server}: ${tool.name}${isError ? ' failed' : ''}`,
    ...(images.length ? { images } : {}),
  };
}
