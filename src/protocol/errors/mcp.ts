import type { CatalogueEntry } from './entry.ts';

/** What may be in the way of tools of other servers (MCP). */
export const mcpErrors = {
  mcp_address_refused: {
    status: 400,
    sentence:
      'An MCP server is asked over https, or over http on this machine; its address holds no name and password.',
  },
  mcp_name_taken: { status: 409, sentence: 'There is a server "{name}" already. Choose another name.' },
  mcp_too_many: { status: 409, sentence: 'At most {limit} {what} fit. Take some away first.' },
  mcp_disabled: { status: 409, sentence: 'The MCP server "{server}" is switched off.' },
  mcp_unreachable: { status: 502, sentence: 'The MCP server "{server}" cannot be used: {detail}' },
  mcp_not_started: {
    status: 502,
    sentence:
      'The program of the MCP server could not be started in the sandbox. Look into its log, mcp.log in the scratch folder.',
  },
  mcp_no_answer: {
    status: 504,
    sentence:
      'The MCP server "{server}" did not answer in time, or ended. Nobody knows whether the call took effect; check before making it again.',
  },
  mcp_refused: { status: 502, sentence: 'The MCP server "{server}" refused: {detail}' },
  mcp_sign_in_needed: {
    status: 401,
    sentence:
      'The MCP server "{server}" wants the person to sign in. They can do so in the settings, under MCP servers; nothing was called.',
  },
  mcp_no_sign_in: {
    status: 409,
    sentence: 'Only remote servers without a token of the configuration are signed in to.',
  },
  mcp_sign_in_failed: {
    status: 502,
    sentence:
      'Signing in to the MCP server "{server}" failed ({detail}). Try again; where it does not work, name a variable with a token.',
  },
  mcp_sign_in_expired: {
    status: 409,
    sentence:
      'This sign-in was used already, is older than 10 minutes, or was not begun here. Press "Sign in" at the server again.',
  },
  mcp_tool_changed: {
    status: 409,
    sentence:
      'The tool "{tool}" of the MCP server "{server}" is not what the person agreed to any more. The person has to look at it in the settings.',
  },
} as const satisfies Record<string, CatalogueEntry>;
