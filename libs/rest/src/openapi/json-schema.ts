/** A JSON Schema (draft 2020-12), as OpenAPI 3.1 embeds it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The named schemas, by name. */
const components = new Map<string, JsonSchema>();

/** Gives a schema a name. @returns a reference to use in its place. */
export function component(name: string, schema: JsonSchema): JsonSchema {
  components.set(name, schema);
  return { $ref: `#/components/schemas/${name}` };
}

/** Every named schema that `value` refers to, directly or through others. */
export function componentsOf(value: unknown): Record<string, JsonSchema> {
  const found: Record<string, JsonSchema> = {};
  const look = (each: unknown): void => {
    if (typeof each !== 'object' || each === null) return;
    for (const [key, inner] of Object.entries(each)) {
      const name = key === '$ref' && typeof inner === 'string' ? inner.split('/').at(-1) : undefined;
      const schema = name === undefined ? undefined : components.get(name);
      if (name !== undefined && schema && !(name in found)) {
        found[name] = schema;
        look(schema);
      } else look(inner);
    }
  };
  look(value);
  return found;
}

/** The schema of an object that always has exactly these fields. */
export function objectSchema(
  properties: Readonly<Record<string, JsonSchema>>,
  description?: string,
): JsonSchema {
  return {
    type: 'object',
    ...(description === undefined ? {} : { description }),
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  };
}

/** The same schema, or null. */
export function orNull(schema: JsonSchema): JsonSchema {
  const { type } = schema;
  return typeof type === 'string' && !('enum' in schema)
    ? { ...schema, type: [type, 'null'] }
    : { anyOf: [schema, { type: 'null' }] };
}

export const uuidSchema: JsonSchema = { type: 'string', format: 'uuid' };
/** Times in answers: ISO 8601 in UTC. */
export const timeSchema: JsonSchema = {
  type: 'string',
  format: 'date-time',
  pattern: 'Z$',
  examples: ['2024-01-15T14:30:00.000Z'],
};
/** The schema of a text that PostgreSQL can hold. */
export const textSchema: JsonSchema = { type: 'string', pattern: '^[^\\u0000]*$' };
