/** What a tool may be called with, as every provider takes it, or why none can be told of it. */
export type CleanSchema = { parameters: Record<string, unknown> } | { problem: string };

type Schema = Record<string, unknown>;

/** Arguments with these are refused, whatever the tool (R10). */
const refusedNames = new Set(['__proto__', 'constructor', 'prototype', 'lc']);
const deepest = 12;
const mostNodes = 1_000;
/** Characters of one description within a schema. */
const describedCharacters = 500;

/** Kept as they are where they have their usual type. What is not here some provider refuses, e.g. `format` and `pattern`. */
const numbers = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems'] as const;

/**
 * Keeps of a server's JSON schema what Anthropic, OpenAI and Gemini all take; the server itself checks the rest. References
 * within the schema are put in place, up to a depth, so a schema that contains itself ends.
 *
 * Refusals this prevents:
 * - OpenAI: "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level"
 * - Anthropic: "input_schema.properties: Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'"
 * - Gemini: "Unknown name \"$ref\"", "only 'enum' and 'date-time' are supported for STRING type"
 */
export function cleanSchema(given: unknown): CleanSchema {
  if (!isSchema(given)) return { problem: 'its arguments have no schema' };
  try {
    const cleaner = new Cleaner(given);
    const { anyOf: _anyOf, enum: _enum, ...root } = cleaner.clean({ ...given, type: 'object' }, 0);
    return { parameters: { ...root, type: 'object', properties: root.properties ?? {} } };
  } catch (cause) {
    if (cause instanceof Unusable) return { problem: cause.message };
    throw cause;
  }
}

class Unusable extends Error {}

class Cleaner {
  readonly #root: Schema;
  #nodes = 0;

  constructor(root: Schema) {
    this.#root = root;
  }

  clean(given: unknown, depth: number): Schema {
    if ((this.#nodes += 1) > mostNodes) throw new Unusable('the schema of its arguments is too large');
    if (!isSchema(given) || depth > deepest) return {};
    const schema = this.#resolved(given, depth);
    const kept: Schema = {};
    const type = typeOf(schema);
    if (type) kept.type = type;
    if (typeof schema.description === 'string')
      kept.description = schema.description.slice(0, describedCharacters);
    for (const key of numbers) if (typeof schema[key] === 'number') kept[key] = schema[key];
    const values = Array.isArray(schema.enum) ? schema.enum : 'const' in schema ? [schema.const] : null;
    if (values?.length && values.every((value) => typeof value === 'string')) kept.enum = values;
    if (isSchema(schema.properties)) Object.assign(kept, this.#properties(schema, schema.properties, depth));
    if (type === 'array') kept.items = this.clean(schema.items, depth + 1);
    const choices = [schema.anyOf, schema.oneOf].find(Array.isArray) as unknown[] | undefined;
    if (choices) kept.anyOf = choices.map((choice) => this.clean(choice, depth + 1));
    return kept;
  }

  #properties(schema: Schema, properties: Schema, depth: number): Schema {
    const names = Object.keys(properties);
    const wrong = names.find((name) => !/^[A-Za-z0-9_.-]{1,64}$/.test(name) || refusedNames.has(name));
    if (wrong !== undefined)
      throw new Unusable(`no model can send an argument of the name ${JSON.stringify(wrong)}`);
    const required = listOf(schema.required).filter(
      (name) => typeof name === 'string' && names.includes(name),
    );
    return {
      properties: Object.fromEntries(names.map((name) => [name, this.clean(properties[name], depth + 1)])),
      ...(required.length ? { required } : {}),
    };
  }

  /** References, and parts of an `allOf`, in place. */
  #resolved(schema: Schema, depth: number): Schema {
    let found = schema;
    for (let hop = 0; typeof found.$ref === 'string' && hop < deepest; hop += 1) {
      const target = this.#at(found.$ref);
      const { $ref: _ref, ...beside } = found;
      found = isSchema(target) ? { ...target, ...beside } : beside;
    }
    if (!Array.isArray(found.allOf) || depth > deepest) return found;
    const parts = found.allOf.filter(isSchema).map((part) => this.#resolved(part, depth + 1));
    return [...parts, found].reduce<Schema>(
      (all, part) => ({
        ...all,
        ...part,
        ...(all.properties || part.properties
          ? { properties: { ...(all.properties as Schema), ...(part.properties as Schema) } }
          : {}),
        required: [...listOf(all.required), ...listOf(part.required)],
      }),
      {},
    );
  }

  /** Only within the schema itself: nothing is fetched. */
  #at(reference: string): unknown {
    if (!reference.startsWith('#/')) return undefined;
    const steps = reference
      .slice(2)
      .split('/')
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    return steps.reduce<unknown>(
      (at, step) => (isSchema(at) && Object.hasOwn(at, step) ? at[step] : undefined),
      this.#root,
    );
  }
}

/** One type each: a list of them is not taken everywhere. */
function typeOf({ type, properties, items }: Schema): string | null {
  const types = (Array.isArray(type) ? type : [type]).filter(
    (each) => typeof each === 'string' && each !== 'null',
  );
  const [first] = types as string[];
  if (first) return first;
  if (isSchema(properties)) return 'object';
  return items === undefined ? null : 'array';
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
