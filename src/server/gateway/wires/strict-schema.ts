type Schema = Record<string, unknown>;

/**
 * Anthropic holds an answer only to schemas whose objects are closed: "For 'object' type, 'additionalProperties' must be
 * explicitly set to false". Clients of other wires leave that out.
 */
export function closedSchema(schema: Schema): Schema {
  const mapped = mapSchemas(schema, closedSchema);
  const isObject = mapped.type === 'object' || mapped.properties !== undefined;
  return isObject && mapped.additionalProperties === undefined
    ? { ...mapped, additionalProperties: false }
    : mapped;
}

/**
 * Whether OpenAI takes a schema as `strict`: "'required' is required to be supplied and to be an array including every key
 * in properties." Clients of Anthropic's wire have optional properties.
 */
export function canBeStrict(schema: Schema): boolean {
  let all = true;
  mapSchemas(schema, (inner) => {
    all &&= canBeStrict(inner);
    return inner;
  });
  if (!all || schema.properties === undefined) return all;
  const required = Array.isArray(schema.required) ? schema.required : [];
  const names = Object.keys(schema.properties as object);
  return schema.additionalProperties === false && names.every((name) => required.includes(name));
}

const inLists = ['anyOf', 'oneOf', 'allOf', 'prefixItems'];
const inMaps = ['properties', '$defs', 'definitions'];

/** The schema with each schema directly inside of it replaced. */
function mapSchemas(schema: Schema, map: (inner: Schema) => Schema): Schema {
  const entries = Object.entries(schema).map(([key, value]): [string, unknown] => {
    if (inLists.includes(key) && Array.isArray(value))
      return [key, value.map((inner: unknown) => (isSchema(inner) ? map(inner) : inner))];
    if (inMaps.includes(key) && isSchema(value)) {
      const mapped = Object.entries(value).map(([name, inner]) => [
        name,
        isSchema(inner) ? map(inner) : inner,
      ]);
      return [key, Object.fromEntries(mapped) as Schema];
    }
    return [key, key === 'items' && isSchema(value) ? map(value) : value];
  });
  return Object.fromEntries(entries);
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
