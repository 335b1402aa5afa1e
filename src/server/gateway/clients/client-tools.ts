import { createHash } from 'node:crypto';

/**
 * A tool that is more than a plain function to its client, while every model knows it as one: it stands in a namespace, or
 * takes text as it is instead of JSON.
 */
export interface ClientTool {
  name: string;
  namespace?: string;
  free?: true;
}

/** Of OpenAI's functions; the other wires take longer ones. */
const longestName = 64;

/**
 * The names under which models know the tools of one request. A name is found from the namespace and the tool alone, so that
 * calls of earlier turns keep theirs; only where two would be the same, or one is too long, it ends with a digest. Plain names
 * are added first: they stay as they are.
 */
export class ToolNames {
  readonly #tools = new Map<string, ClientTool>();
  readonly #flat = new Map<string, string>();

  /** Tools that are no plain functions, by the name that the model calls. */
  get tools(): ReadonlyMap<string, ClientTool> {
    return this.#tools;
  }

  /** @returns the name for the model */
  add(tool: ClientTool): string {
    const flat = this.of(tool.name, tool.namespace);
    if (tool.namespace !== undefined || tool.free) this.#tools.set(flat, tool);
    return flat;
  }

  /** Also of tools that are not offered any more, but were called. */
  of(name: string, namespace?: string): string {
    const key = JSON.stringify([namespace ?? '', name]);
    const known = this.#flat.get(key);
    if (known !== undefined) return known;
    const flat = namespace === undefined ? name : this.#flattened(name, namespace, key);
    this.#flat.set(key, flat);
    return flat;
  }

  #flattened(name: string, namespace: string, key: string): string {
    const joined = `${namespace.replace(/_+$/, '')}__${name}`;
    const legal = joined.replaceAll(/[^a-zA-Z0-9_-]/g, '_');
    const taken = new Set(this.#flat.values());
    if (legal === joined && legal.length <= longestName && !taken.has(legal)) return legal;
    const digest = createHash('sha256').update(key).digest('hex').slice(0, 8);
    return `${legal.slice(0, longestName - digest.length - 1)}_${digest}`;
  }
}
