import type { McpServerConfig } from '#protocol/mcp.ts';

/** What the form says, as the API takes it; what is wrong with it the API says. */
export function readServer(form: FormData, threadId: string | null): McpServerConfig {
  const field = (name: string) => {
    const value = form.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const name = field('name');
  if (threadId !== null && field('type') === 'stdio')
    return { name, enabled: true, transport: { type: 'stdio', command: field('command'), threadId } };
  return {
    name,
    enabled: true,
    transport: {
      type: 'http',
      url: field('url'),
      bearerVariable: field('bearerVariable') || null,
      headers: headersOf(field('headers')),
      allowPrivate: form.get('allowPrivate') !== null,
    },
  };
}

/** `X-Key: MCP_KEY`, a line each. */
function headersOf(lines: string): { name: string; variable: string }[] {
  return lines
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [name = '', variable = ''] = line.split(':');
      return { name: name.trim(), variable: variable.trim() };
    });
}
