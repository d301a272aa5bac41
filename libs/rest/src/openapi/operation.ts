import { SetMetadata } from '@nestjs/common';

import type { ParameterReader } from '../query.js';
import type { JsonSchema } from './json-schema.js';

/** One answer: when it occurs, its content, and its headers with their descriptions. */
export interface Answer {
  readonly description: string;
  /** JSON, unless `mediaType` says otherwise; without a schema there is no body. */
  readonly schema?: JsonSchema;
  readonly mediaType?: string;
  readonly example?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The body of a request. */
export interface RequestBody {
  readonly required: boolean;
  /** By media type. */
  readonly content: Readonly<
    Record<string, { readonly schema: JsonSchema; readonly examples: Readonly<Record<string, unknown>> }>
  >;
}

/** A header a client may send. */
export interface RequestHeader {
  readonly description: string;
  readonly schema: JsonSchema;
}

/** The documentation of a route, in addition to what its other decorators say. */
export interface OperationDescription {
  readonly summary: string;
  readonly description?: string;
  /** The query parameters; each reader has its own schema. */
  readonly query?: Readonly<Record<string, ParameterReader<unknown>>>;
  readonly headers?: Readonly<Record<string, RequestHeader>>;
  readonly body?: RequestBody;
  /** The route's own answers by status. Answers that follow from its guard and its inputs are added. */
  readonly answers: Readonly<Record<number, Answer>>;
}

export const OPERATION = 'skillora:operation';

/** Describes a route for the OpenAPI document. A route under `/api/` without this fails the tests. */
export const Operation = (description: OperationDescription): MethodDecorator =>
  SetMetadata(OPERATION, description);
