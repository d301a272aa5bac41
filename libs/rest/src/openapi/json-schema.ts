import type { JsonSchema } from '@skillora/validation';

export {
  type JsonSchema,
  objectSchema,
  orNull,
  textSchema,
  timeSchema,
  uuidSchema,
} from '@skillora/validation';

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
