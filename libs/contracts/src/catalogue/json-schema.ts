/** A JSON Schema (draft 2020-12), as OpenAPI 3.1 and AsyncAPI 3 embed it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The same schema, or null. */
export function orNull(schema: JsonSchema): JsonSchema {
  const { type } = schema;
  return typeof type === 'string' && !('enum' in schema)
    ? { ...schema, type: [type, 'null'] }
    : { anyOf: [schema, { type: 'null' }] };
}
