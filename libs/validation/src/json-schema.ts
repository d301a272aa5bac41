/** A JSON Schema (draft 2020-12), as OpenAPI 3.1 embeds it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

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
