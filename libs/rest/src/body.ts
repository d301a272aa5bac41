import 'reflect-metadata';

import { type ArgumentMetadata, Injectable, ValidationPipe } from '@nestjs/common';
import { isJsonObject } from '@skillora/contracts';
import { type FieldProblems, textProblem, WHOLE } from '@skillora/validation';
import { getMetadataStorage, ValidateBy, type ValidationError, type ValidatorOptions } from 'class-validator';

import { InvalidFieldsException } from './problems.js';

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

/** The name of a validation rule that the documentation of its field describes by itself. */
export const SHOWN_RULE = 'shown';

const REQUIRED = 'skillora:required';
const OPTIONAL = 'skillora:optional-body';

/**
 * The fields of a body that must be there. `@IsDefined()` cannot say so on a class that inherits the field: a rule of
 * class-validator on the inheriting class replaces all inherited rules of the field.
 */
export const Requires = (...fields: readonly string[]): ClassDecorator => Reflect.metadata(REQUIRED, fields);

/** The fields that {@link Requires} names. */
export function requiredFields(type: object): readonly string[] {
  return (Reflect.getMetadata(REQUIRED, type) as readonly string[] | undefined) ?? [];
}

/** A body that a client may leave out; it counts as `{}` then. */
export const MayBeAbsent = (): ClassDecorator => Reflect.metadata(OPTIONAL, true);

const AS_SENT = 'skillora:as-sent';

/**
 * Fields that are passed on as they were sent, for code that checks them. Nest and class-transformer would otherwise lose
 * keys like `constructor`, which a customer may use as a name.
 */
export const AsSent = (...fields: readonly string[]): ClassDecorator => Reflect.metadata(AS_SENT, fields);

/**
 * Reads bodies into the classes that handlers ask for, whose fields carry class-validator's rules. Fields that a class
 * does not declare (read-only ones among them) are ignored. Nothing is converted. An absent field is checked only if
 * it is required. Everything else, for example a query, passes unchanged.
 */
@Injectable()
export class BodyPipe extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      skipUndefinedProperties: true,
      exceptionFactory: (errors) => new InvalidFieldsException(problemsByField(errors)),
    });
  }

  /** @throws {InvalidFieldsException} naming every bad field, as Django REST Framework does. */
  override transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type !== 'body' || !this.toValidate(metadata)) return Promise.resolve(value);
    const isAbsent =
      value === undefined && Reflect.getMetadata(OPTIONAL, metadata.metatype ?? Object) === true;
    const body = isAbsent ? {} : value;
    if (!isJsonObject(body)) {
      return Promise.reject(
        new InvalidFieldsException({ [WHOLE]: ['Invalid data. Expected a JSON object.'] }),
      );
    }
    return this.read(body, metadata);
  }

  private async read(body: Readonly<Record<string, unknown>>, metadata: ArgumentMetadata): Promise<unknown> {
    const names = Reflect.getMetadata(AS_SENT, metadata.metatype ?? Object) as readonly string[] | undefined;
    const asSent = (names ?? []).filter((name) => Object.hasOwn(body, name) && body[name] !== undefined);
    if (asSent.length === 0) return super.transform(body, metadata) as Promise<unknown>;
    const unstorable = asSent.flatMap((name): [string, string[]][] => {
      const problem = unstorableText(body[name]);
      return problem === null ? [] : [[name, [problem]]];
    });
    if (unstorable.length > 0) throw new InvalidFieldsException(Object.fromEntries(unstorable));
    const standIns = Object.fromEntries(asSent.map((name) => [name, true]));
    const read = (await super.transform({ ...body, ...standIns }, metadata)) as object;
    return Object.assign(read, Object.fromEntries(asSent.map((name) => [name, body[name]])));
  }

  /** Missing fields and texts that cannot be stored come first; of a field only its first problem is shown. */
  protected override async validate(body: object, options?: ValidatorOptions): Promise<ValidationError[]> {
    const fields = declaredFields(body.constructor);
    const required = new Set(requiredFields(body.constructor));
    const first = [...fields].flatMap((property): ValidationError[] => {
      const value = (body as Record<string, unknown>)[property];
      const problem =
        value === undefined && required.has(property) ? 'This field is required.' : unstorableText(value);
      return problem === null ? [] : [{ property, constraints: { first: problem } }];
    });
    return [...first, ...(await super.validate(body, options))];
  }
}

function problemsByField(errors: readonly ValidationError[]): FieldProblems {
  const problems: FieldProblems = {};
  for (const { property, constraints } of errors) {
    problems[property] ??= Object.values(constraints ?? {}).slice(0, 1);
  }
  return problems;
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- class-validator's own type of a class
function declaredFields(type: Function): Set<string> {
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
