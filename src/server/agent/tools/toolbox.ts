import type { ToolDefinition } from '#server/gateway/types.ts';
import type { OfferFacts, Tool } from './tool.ts';

/** Tools that not every thread has, such as those of MCP servers. The same list as long as nothing changed. */
export interface ToolSource {
  toolsOf(threadId: string): readonly Tool[];
}

/** Sets of definitions that are kept: a set is made anew for the same facts only when it was not used for long. */
const keptSets = 64;

const noDefinitions: ToolDefinition[] = [];

/** The tools of all threads: found by name, and described for a model in the form that it is offered. */
export class Toolbox {
  readonly #tools: ReadonlyMap<string, Tool>;
  readonly #sources: readonly ToolSource[];
  readonly #sets = new Map<string, { extra: readonly Tool[]; definitions: ToolDefinition[] }>();

  constructor(tools: readonly Tool[], sources: readonly ToolSource[] = []) {
    this.#tools = new Map(tools.map((tool) => [tool.name, tool]));
    this.#sources = sources;
  }

  get(threadId: string, name: string): Tool | undefined {
    return this.#tools.get(name) ?? this.#extra(threadId).find((tool) => tool.name === name);
  }

  names(threadId: string): string[] {
    return [...this.#tools.keys(), ...this.#extra(threadId).map(({ name }) => name)];
  }

  /** What a model is sent of them; the same object, and so the same bytes, in each request with the same facts. */
  definitions(facts: OfferFacts): ToolDefinition[] {
    if (!facts.target.capabilities.tools) return noDefinitions;
    const extra = this.#extra(facts.threadId);
    const { provider, model, wire } = facts.target;
    const threadKey = extra.length ? facts.threadId : '';
    const key = JSON.stringify([
      threadKey,
      provider,
      model,
      wire,
      facts.useMorph,
      facts.isCompacted,
      facts.hasSkills,
    ]);
    const known = this.#sets.get(key);
    if (known && sameTools(known.extra, extra)) return known.definitions;
    const definitions = [...this.#tools.values(), ...extra]
      .filter((tool) => tool.offered?.(facts) ?? true)
      .map((tool) => definitionOf(tool, facts));
    if (this.#sets.size >= keptSets) this.#sets.clear();
    this.#sets.set(key, { extra, definitions });
    return definitions;
  }

  #extra(threadId: string): readonly Tool[] {
    return this.#sources.flatMap((source) => source.toolsOf(threadId));
  }
}

function definitionOf(tool: Tool, facts: OfferFacts): ToolDefinition {
  const { description, parameters } = tool.form?.(facts) ?? tool;
  return { name: tool.name, description, parameters };
}

function sameTools(one: readonly Tool[], other: readonly Tool[]): boolean {
  return one.length === other.length && one.every((tool, index) => tool === other[index]);
}
