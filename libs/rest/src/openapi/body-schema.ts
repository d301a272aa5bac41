import 'reflect-metadata';

import { getMetadataStorage } from 'class-validator';

import { REFUSED_RULE, requiredFields, SHOWN_RULE } from '../body.js';
import type { JsonSchema } from './json-schema.js';

const SHOWN = 'skillora:shown';

/** Adds to a field's documentation what its rules do not say: its meaning, an example, a narrower form. */
export const Shown = (schema: JsonSchema): PropertyDecorator => Reflect.metadata(SHOWN, schema);

interface Rule {
  readonly name?: string | undefined;
  readonly each: boolean;
  readonly constraints?: readonly unknown[] | undefined;
}

/**
 * The schema of a body that `BodyPipe` reads into `type`, built from the class-validator rules on its fields.
 * Other fields are ignored, so the schema allows them.
 * @throws {Error} for an unknown rule, so that no rule is missing in the documentation.
 */
export function bodySchema(type: new () => object): JsonSchema {
  const required = requiredFields(type);
  const properties: Record<string, JsonSchema> = {};
  for (const rule of getMetadataStorage().getTargetValidationMetadatas(type, '', false, false)) {
    const field = rule.propertyName;
    properties[field] = withRule(properties[field] ?? {}, rule);
  }
  for (const field of Object.keys(properties)) {
    const shown = Reflect.getMetadata(SHOWN, type.prototype as object, field) as JsonSchema | undefined;
    properties[field] = { ...properties[field], ...shown };
  }
  return {
    type: 'object',
    properties,
    ...(required.length === 0 ? {} : { required }),
  };
}

function withRule(schema: JsonSchema, { name, each, constraints = [] }: Rule): JsonSchema {
  const [first] = constraints;
  switch (name) {
    // `@Allow()`: other code reads the field, and {@link Shown} describes it.
    case undefined:
      return schema;
    case 'isString':
      return { ...schema, type: 'string', pattern: '^[^\\u0000]*$' };
    case 'isBoolean':
      return { ...schema, type: 'boolean' };
    case 'isArray':
      return { ...schema, type: 'array' };
    case 'arrayNotEmpty':
      return { ...schema, minItems: 1 };
    case 'maxLength':
      return { ...schema, maxLength: first };
    case 'isIn':
      return each ? { ...schema, items: { enum: first } } : { ...schema, enum: first };
    case SHOWN_RULE:
      return schema;
    case REFUSED_RULE:
      return { ...schema, not: {}, description: first };
    default:
      throw new Error(`no schema is known for the rule ${name}`);
  }
}
