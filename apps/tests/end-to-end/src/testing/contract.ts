import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

/** The part of an OpenAPI document that a client needs to check answers. */
export interface ContractDocument {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, ContractOperation>>;
  readonly components: { readonly schemas: Record<string, object> };
}

export interface ContractOperation {
  readonly operationId: string;
  readonly security: readonly object[];
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: {
    readonly content: Record<string, { schema: object; examples: Record<string, { value: unknown }> }>;
  };
  readonly responses: Record<
    string,
    {
      readonly headers?: Record<string, object>;
      readonly content?: Record<string, { schema: object; examples?: Record<string, { value: unknown }> }>;
    }
  >;
}

/** A service's own documentation, to check its answers. */
export class Contract {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  private readonly compiled = new Map<object, ValidateFunction>();

  private constructor(readonly document: ContractDocument) {
    formats.default(this.ajv);
    this.ajv.addSchema({ $id: 'document', components: document.components });
  }

  static async of(service: string): Promise<Contract> {
    return new Contract((await (await fetch(`${service}/api/v1/openapi.json`)).json()) as ContractDocument);
  }

  /** Every operation, as `GET /path/{id}/`. */
  get operations(): readonly [string, ContractOperation][] {
    return Object.entries(this.document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, ContractOperation] => [
        `${method.toUpperCase()} ${path}`,
        operation,
      ]),
    );
  }

  /** The faults of a value by a schema of the document; empty when there are none. */
  problems(schema: object, value: unknown): string[] {
    let validate = this.compiled.get(schema);
    if (!validate) {
      const text = JSON.stringify(schema).replaceAll('"#/components', '"document#/components');
      this.compiled.set(schema, (validate = this.ajv.compile(JSON.parse(text) as object)));
    }
    return validate(value)
      ? []
      : (validate.errors ?? []).map((each) => `${each.instancePath} ${each.message}`);
  }

  /** How an answer differs from the documentation of its operation; empty when it does not. */
  deviations(
    operation: string,
    { status, headers, body }: { status: number; headers: Headers; body: unknown },
  ): string[] {
    const described = Object.fromEntries(this.operations)[operation];
    if (!described) return [`${operation} is not documented`];
    const response = described.responses[status];
    if (!response)
      return [`${operation} answered ${status}, which is not documented: ${JSON.stringify(body)}`];
    const missing = Object.keys(response.headers ?? {}).filter(
      (name) => !OPTIONAL.has(name) && !headers.has(name),
    );
    const json = response.content?.['application/json'];
    return [
      ...missing.map((name) => `${operation} answered ${status} without ${name}`),
      ...(json ? this.problems(json.schema, body) : body === undefined || response.content ? [] : ['a body']),
    ];
  }
}

/** Headers that only some of the answers have. */
const OPTIONAL = new Set(['Idempotent-Replayed', 'Accept-Encoding']);
