import type { ModelRequest, ToolDefinition } from '../../types.ts';
import type { ToolNames } from '../client-tools.ts';
import { objectAt, objectsAt, optional, stringAt, type Json } from '../fields.ts';
import { freeTool } from '../free-input.ts';
import { knownTool, noBuiltIn, onlyAllowed, toolAt } from '../settings.ts';

type Read = { tools: ToolDefinition[]; toolChoice?: ModelRequest['toolChoice'] & {} };

/** Functions and custom tools. */
export function readTools(body: Json, names: ToolNames): Read {
  const tools = (optional(body.tools, 'tools', objectsAt) ?? []).map((tool, index) => {
    const param = `tools[${index}]`;
    return tool.type === 'custom' ? readFree(tool, param, names) : readFunction(tool, param);
  });
  const choice = body.tool_choice;
  if (choice === undefined || choice === null) return { tools };
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { tools, toolChoice: choice };
  const named = objectAt(choice, 'tool_choice');
  if (named.type !== 'allowed_tools')
    return { tools, toolChoice: knownTool(tools, nameAt(named, 'tool_choice'), 'tool_choice') };
  const { mode, tools: listed } = objectAt(named.allowed_tools, 'tool_choice.allowed_tools');
  const param = 'tool_choice.allowed_tools.tools';
  const allowed = objectsAt(listed, param).map((tool, index) => nameAt(tool, `${param}[${index}]`));
  const toolChoice = mode === 'required' ? 'required' : 'auto';
  return { tools: onlyAllowed(tools, allowed, param), toolChoice };
}

function readFunction(tool: Json, param: string): ToolDefinition {
  if (tool.type !== 'function') noBuiltIn(tool.type, `${param}.type`);
  const called = objectAt(tool.function, `${param}.function`);
  return toolAt(called, called.parameters, `${param}.function`);
}

function readFree(tool: Json, param: string, names: ToolNames): ToolDefinition {
  const path = `${param}.custom`;
  const custom = objectAt(tool.custom, path);
  const { name, description } = toolAt(custom, undefined, path);
  names.add({ name, free: true });
  const format = optional(custom.format, `${path}.format`, objectAt);
  if (format?.type !== 'grammar') return freeTool(name, description);
  const { syntax, definition } = objectAt(format.grammar, `${path}.format.grammar`);
  return freeTool(name, description, {
    syntax: stringAt(syntax, `${path}.format.grammar.syntax`),
    definition: stringAt(definition, `${path}.format.grammar.definition`),
  });
}

function nameAt(tool: Json, param: string): string {
  const { type } = tool;
  if (type !== 'function' && type !== 'custom') return noBuiltIn(type, `${param}.type`);
  return stringAt(objectAt(tool[type], `${param}.${type}`).name, `${param}.${type}.name`);
}
