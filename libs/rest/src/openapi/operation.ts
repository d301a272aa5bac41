import { SetMetadata } from '@nestjs/common';

import type { ParameterReader } from '../query.js';
import type { JsonSchema } from './json-schema.js';

/** One answer: when it comes, what stands in it, and its headers with what they say. */
export interface Answer {
  readonly description: string;
  /** JSON, unless `mediaType` says otherwise; without a schema there is no body. */
  readonly schema?: JsonSchema;
  readonly mediaType?: string;
  readonly example?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a request may or must carry. */
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

/** What the documentation says of a route, beside what its decorators say already. */
export interface OperationDescription {
  readonly summary: string;
  readonly description?: string;
  /** The query parameters it knows; each reader tells its own schema. */
  readonly query?: Readonly<Record<string, ParameterReader<unknown>>>;
  readonly headers?: Readonly<Record<string, RequestHeader>>;
  readonly body?: RequestBody;
  /** Its own answers by status. Those that follow from how it is guarded and what it takes are added. */
  readonly answers: Readonly<Record<number, Answer>>;
}

export const OPERATION = 'skillora:operation';

/** Describes a route for the OpenAPI document. A route under `/api/` without this fails the tests. */
export const Operation = (description: OperationDescription): MethodDecorator =>
  SetMetadata(OPERATION, description);
