import { HttpException } from '@nestjs/common';

/** What is wrong with each field of a body or query. The key `non_field_errors` is about the whole. */
export type FieldProblems = Record<string, string[]>;

/** A bad body or query: 400 with what is wrong with each field, as Django REST Framework answers. */
export class InvalidFields extends HttpException {
  constructor(fields: FieldProblems) {
    super(fields, 400);
  }
}

/** Any other refusal: a status, one sentence under `detail`, and the headers that belong to it. */
export class Refusal extends HttpException {
  constructor(
    status: number,
    detail: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super({ detail }, status);
  }
}

/** No token, or none that counts. */
export function notAuthenticated(detail = 'Authentication credentials were not provided.'): Refusal {
  return new Refusal(401, detail, { 'www-authenticate': 'Bearer' });
}

/** The token is good but lacks a scope. */
export function missingScope(scope: string): Refusal {
  return new Refusal(
    403,
    `You do not have permission to perform this action: the token lacks the scope ${scope}.`,
  );
}

/** Not there, or another organisation's: nobody can tell which. */
export function notFound(): Refusal {
  return new Refusal(404, 'Not found.');
}

/** The state of things stands against it. */
export function conflict(detail: string): Refusal {
  return new Refusal(409, detail);
}

/** Cannot be done now; worth trying again after so many seconds. */
export function unavailable(detail: string, retryAfterSeconds: number): Refusal {
  return new Refusal(503, detail, { 'retry-after': String(retryAfterSeconds) });
}
