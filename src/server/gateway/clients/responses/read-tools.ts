import type { ModelRequest, ToolDefinition } from '../../types.ts';
import type { ToolNames } from '../client-tools.ts';
import { isObject, objectAt, objectsAt, optional, stringAt, type Json } from '../fields.ts';
import { freeTool } from '../free-input.ts';
import { knownTool, noBuiltIn, onlyAllowed, toolAt } from '../settings.ts';

type Read = { tools: ToolDefinition[]; toolChoice?: ModelRequest['toolChoice'] & {} };

/** Functions, custom tools and namespaces of both. Other tools run at OpenAI, or are known to its models only. */
export function readTools(body: Json, names: ToolNames): Read {
  const offered = [
    ...listed(body.tools, 'tools'),
    // Codex gives tools as an item of the input where it knows that a model takes them there.
    ...(Array.isArray(body.input) ? body.input : []).flatMap((item: unknown, index) =>
      isObject(item) && item.type === 'additional_tools' ? listed(item.tools, `input[${index}].tools`) : [],
    ),
  ];
  const isPlain = ({ tool }: Listed) => tool.type !== 'namespace';
  const tools = new Map<Listed, ToolDefinition[]>();
  for (const each of [...offered.filter(isPlain), ...offered.filter((other) => !isPlain(other))])
    tools.set(each, isPlain(each) ? [readTool(each, names)] : readNamespace(each, names));
  return chosen(
    offered.flatMap((each) => tools.get(each) ?? []),
    body.tool_choice,
    names,
  );
}

interface Listed {
  tool: Json;
  param: string;
}

function listed(value: unknown, param: string): Listed[] {
  return (optional(value, param, objectsAt) ?? []).map((tool, index) => ({
    tool,
    param: `${param}[${index}]`,
  }));
}

/** The model reads of the namespace with each of its tools. */
function readNamespace({ tool, param }: Listed, names: ToolNames): ToolDefinition[] {
  const namespace = stringAt(tool.name, `${param}.name`);
  const about = optional(tool.description, `${param}.description`, stringAt) ?? '';
  return listed(tool.tools, `${param}.tools`).map((each) => {
    const read = readTool(each, names, namespace);
    return { ...read, description: [about, read.description].filter(Boolean).join('\n\n') };
  });
}

function readTool({ tool, param }: Listed, names: ToolNames, namespace?: string): ToolDefinition {
  const isFree = tool.type === 'custom';
  if (tool.type !== 'function' && !isFree) noBuiltIn(tool.type, `${param}.type`);
  const own = stringAt(tool.name, `${param}.name`);
  const name = names.add({
    name: own,
    ...(namespace === undefined ? {} : { namespace }),
    ...(isFree ? { free: true as const } : {}),
  });
  return isFree ? readFree({ ...tool, name }, param) : toolAt({ ...tool, name }, tool.parameters, param);
}

function readFree(tool: Json, param: string): ToolDefinition {
  const { name, description } = toolAt(tool, undefined, param);
  const format = optional(tool.format, `${param}.format`, objectAt);
  if (format?.type !== 'grammar') return freeTool(name, description);
  return freeTool(name, description, {
    syntax: stringAt(format.syntax, `${param}.format.syntax`),
    definition: stringAt(format.definition, `${param}.format.definition`),
  });
}

function chosen(tools: ToolDefinition[], choice: unknown, names: ToolNames): Read {
  if (choice === undefined || choice === null) return { tools };
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { tools, toolChoice: choice };
  const named = objectAt(choice, 'tool_choice');
  if (named.type === 'allowed_tools') {
    const param = 'tool_choice.tools';
    const allowed = objectsAt(named.tools, param).map((tool, index) =>
      calledName(tool, `${param}[${index}]`, names),
    );
    const toolChoice = named.mode === 'required' ? 'required' : 'auto';
    return { tools: onlyAllowed(tools, allowed, param), toolChoice };
  }
  if (named.type !== 'function' && named.type !== 'custom') noBuiltIn(named.type, 'tool_choice.type');
  return { tools, toolChoice: knownTool(tools, calledName(named, 'tool_choice', names), 'tool_choice') };
}

/** The name by which the model knows a tool that the client names. */
export function calledName({ name, namespace }: Json, param: string, names: ToolNames): string {
  return names.of(stringAt(name, `${param}.name`), optional(namespace, `${param}.namespace`, stringAt));
}
