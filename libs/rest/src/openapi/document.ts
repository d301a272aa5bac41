import { RequestMethod } from '@nestjs/common';
import { HTTP_CODE_METADATA, METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import type { ModulesContainer } from '@nestjs/core';

import { scopeOf } from '../bearer.js';
import { componentsOf, type JsonSchema, uuidSchema } from './json-schema.js';
import { type Answer, OPERATION, type OperationDescription } from './operation.js';
import { usualAnswers } from './usual-answers.js';

/** The description of an API as a whole. */
export interface ApiDescription {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  /** The description of each tag (the first part of a path below `/api/v1/`), in the order of the page. */
  readonly tags: Readonly<Record<string, string>>;
  /** The requests that the service sends to its clients, by name. */
  readonly webhooks?: Readonly<Record<string, WebhookDescription>>;
}

/** A request that the service sends to a client. */
export interface WebhookDescription {
  readonly summary: string;
  readonly description: string;
  /** Its headers, by name. */
  readonly headers: Readonly<Record<string, { readonly description: string; readonly schema: JsonSchema }>>;
  readonly body: JsonSchema;
  readonly example: unknown;
}

/** An OpenAPI document, as far as our own code reads it. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
  readonly webhooks?: Readonly<Record<string, object>>;
  readonly components: { readonly schemas: Record<string, JsonSchema>; readonly securitySchemes: object };
}

export interface DocumentedOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly DocumentedParameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: DocumentedContent };
  readonly responses: Readonly<Record<string, DocumentedResponse>>;
}

export interface DocumentedParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

type DocumentedContent = Readonly<
  Record<
    string,
    { readonly schema: JsonSchema; readonly examples?: Readonly<Record<string, { readonly value: unknown }>> }
  >
>;

export interface DocumentedResponse {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly schema: JsonSchema }>>;
  readonly content?: DocumentedContent;
}

/** A route of the code, with the metadata of its decorators. */
interface DescribedRoute {
  readonly controller: string;
  readonly handler: string;
  readonly method: string;
  readonly path: string;
  readonly status: number | undefined;
  readonly scope: string | null;
  readonly operation: OperationDescription;
}

/**
 * The OpenAPI 3.1 document of every described route of an application. @param server the base of its paths.
 */
export function openApiDocument(
  modules: ModulesContainer,
  { title, version, description, tags, webhooks: described }: ApiDescription,
  server: string,
): OpenApiDocument {
  const paths: Record<string, Record<string, DocumentedOperation>> = {};
  for (const route of describedRoutes(modules)) {
    (paths[route.path] ??= {})[route.method] = documented(route);
  }
  const webhooks = Object.fromEntries(
    Object.entries(described ?? {}).map(([name, webhook]) => [
      name,
      { post: documentedWebhook(name, webhook) },
    ]),
  );
  return {
    openapi: '3.1.0',
    info: { title, version, description },
    servers: [{ url: server }],
    tags: Object.entries(tags).map(([name, text]) => ({ name, description: text })),
    paths,
    ...(described === undefined ? {} : { webhooks }),
    components: {
      schemas: componentsOf({ paths, webhooks }),
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API token. It belongs to one organisation.',
        },
      },
    },
  };
}

function documentedWebhook(
  name: string,
  { summary, description, headers, body, example }: WebhookDescription,
): object {
  return {
    operationId: `receive_${name}`,
    summary,
    description,
    security: [],
    parameters: Object.entries(headers).map(([header, { description: about, schema }]) => ({
      ...parameter(header, 'header', schema),
      required: true,
      description: about,
    })),
    requestBody: {
      required: true,
      content: { 'application/json': { schema: body, examples: { example: { value: example } } } },
    },
    responses: {
      '2XX': { description: 'The delivery succeeded. The body of the answer is kept for the delivery log.' },
      default: {
        description: 'The delivery failed and is tried again on its schedule. 410 ends it at once.',
      },
    },
  };
}

function* describedRoutes(modules: ModulesContainer): Generator<DescribedRoute> {
  for (const { controllers } of modules.values()) {
    for (const { metatype } of controllers.values()) {
      if (typeof metatype !== 'function') continue;
      const prototype = metatype.prototype as Record<string, unknown>;
      for (const handler of Object.getOwnPropertyNames(prototype)) {
        const target = prototype[handler];
        if (typeof target !== 'function') continue;
        const operation = Reflect.getMetadata(OPERATION, target) as OperationDescription | undefined;
        if (!operation) continue;
        const base = Reflect.getMetadata(PATH_METADATA, metatype) as string;
        const own = Reflect.getMetadata(PATH_METADATA, target) as string;
        yield {
          controller: metatype.name,
          handler,
          method: RequestMethod[Reflect.getMetadata(METHOD_METADATA, target) as number]?.toLowerCase() ?? '',
          path: documentedPath(`${base}/${own}`),
          status: Reflect.getMetadata(HTTP_CODE_METADATA, target) as number | undefined,
          scope: scopeOf(target) ?? null,
          operation,
        };
      }
    }
  }
}

/** `/a/{id}/` for `a/:id`. Paths end in a slash, files do not. */
function documentedPath(path: string): string {
  const segments = path.split('/').filter((each) => each !== '');
  const text = segments.map((each) => (each.startsWith(':') ? `{${each.slice(1)}}` : each)).join('/');
  return text.endsWith('.json') ? `/${text}` : `/${text}/`;
}

function documented(route: DescribedRoute): DocumentedOperation {
  const { method, path, scope, operation } = route;
  const { summary, description, query = {}, headers = {}, body, answers } = operation;
  const usual = usualAnswers({
    scope,
    hasId: path.includes('{'),
    readsQuery: operation.query !== undefined,
    takesBody: body !== undefined,
    readsHeaders: operation.headers !== undefined,
    changes: method !== 'get',
  });
  return {
    operationId: `${route.controller.replace(/Controller$/, '')}_${route.handler}`,
    tags: [scope === null ? 'documentation' : (path.split('/')[3] ?? '')],
    summary,
    ...(description === undefined ? {} : { description }),
    security: scope === null ? [] : [{ token: [scope] }],
    parameters: [
      ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => parameter(name, 'path', uuidSchema)),
      ...Object.entries(query).map(([name, { schema }]) => parameter(name, 'query', schema)),
      ...Object.entries(headers).map(([name, header]) => ({
        ...parameter(name, 'header', header.schema),
        description: header.description,
      })),
    ],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.required,
            content: Object.fromEntries(
              Object.entries(body.content).map(([mediaType, { schema, examples }]) => [
                mediaType,
                { schema, examples: named(examples) },
              ]),
            ),
          },
        }),
    responses: Object.fromEntries(
      Object.entries({ ...usual, ...answers })
        .sort(([a], [b]) => Number(a) - Number(b))
        .map(([status, answer]) => [status, response(answer)]),
    ),
  };
}

function parameter(name: string, where: DocumentedParameter['in'], schema: JsonSchema): DocumentedParameter {
  const { description, ...rest } = schema;
  return {
    name,
    in: where,
    required: where === 'path',
    ...(typeof description === 'string' ? { description } : {}),
    schema: rest,
  };
}

function response({
  description,
  schema,
  mediaType = 'application/json',
  example,
  headers,
}: Answer): DocumentedResponse {
  const described = Object.entries(headers ?? {}).map(([name, text]) => [
    name,
    { description: text, schema: { type: 'string' } },
  ]);
  return {
    description,
    ...(described.length === 0
      ? {}
      : { headers: Object.fromEntries(described) as NonNullable<DocumentedResponse['headers']> }),
    ...(schema === undefined
      ? {}
      : {
          content: {
            [mediaType]: { schema, ...(example === undefined ? {} : { examples: named({ example }) }) },
          },
        }),
  };
}

function named(examples: Readonly<Record<string, unknown>>): Record<string, { value: unknown }> {
  return Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }]));
}
