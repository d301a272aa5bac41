import 'reflect-metadata';

import { getMetadataStorage, ValidateBy, validateSync } from 'class-validator';

import { type FieldProblems, InvalidFields } from './problems.js';
import { textProblem } from './text-problem.js';

/** The name of the validation rule behind {@link Refused}. */
export const REFUSED_RULE = 'refused';

/**
 * A field that is refused, because ignoring it would hide that nothing was done.
 * @param message names the right way.
 */
export const Refused = (message: string): PropertyDecorator =>
  ValidateBy(
    { name: REFUSED_RULE, constraints: [message], validator: { validate: () => false } },
    { message },
  );

export interface BodyOptions {
  /** Fields that must be there. */
  readonly required?: readonly string[];
}

/**
 * Reads a body into `type`, a class whose fields carry class-validator's rules. Fields that the class does
 * not declare (read-only ones among them) are ignored. Nothing is converted. An absent field is checked only
 * if it is required.
 * @throws {InvalidFields} naming every bad field.
 */
export function readBody<T extends object>(
  type: new () => T,
  body: unknown,
  options: BodyOptions = {},
): Partial<T> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new InvalidFields({ non_field_errors: ['Invalid data. Expected a JSON object.'] });
  }
  const problems: FieldProblems = {};
  const instance = new type();
  for (const field of declaredFields(type)) {
    if (Object.hasOwn(body, field)) {
      const value = (body as Record<string, unknown>)[field];
      (instance as Record<string, unknown>)[field] = value;
      const unstorable = unstorableText(value);
      if (unstorable) problems[field] = [unstorable];
    } else if (options.required?.includes(field)) {
      problems[field] = ['This field is required.'];
    }
  }
  for (const { property, constraints } of validateSync(instance, { skipUndefinedProperties: true })) {
    problems[property] ??= Object.values(constraints ?? {}).slice(0, 1);
  }
  if (Object.keys(problems).length > 0) throw new InvalidFields(problems);
  return instance;
}

function declaredFields(type: new () => object): Set<string> {
  const metadata = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  return new Set(metadata.map(({ propertyName }) => propertyName));
}

/** The problem of a text in the value, at any depth. */
function unstorableText(value: unknown): string | null {
  if (typeof value === 'string') return textProblem(value);
  if (typeof value !== 'object' || value === null) return null;
  for (const each of Object.values(value)) {
    const problem = unstorableText(each);
    if (problem) return problem;
  }
  return null;
}
