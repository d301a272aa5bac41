import { HttpException } from '@nestjs/common';
import { type FieldProblems, namingWhole, withinBounds } from '@skillora/validation';

/** The key under which an answer lists the problems of the whole, as Django REST Framework does. */
const ABOUT_ALL = 'non_field_errors';

/**
 * A bad body or query: 400 with the problems of each field, as Django REST Framework answers, within the
 * bounds of {@link withinBounds}.
 */
export class InvalidFieldsException extends HttpException {
  constructor(fields: FieldProblems) {
    super(namingWhole(withinBounds(fields), ABOUT_ALL), 400);
  }
}

/** Any other refusal: a status, one sentence under `detail`, and headers. */
export class RefusalException extends HttpException {
  constructor(
    status: number,
    detail: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super({ detail }, status);
  }
}

/** No token. The challenge names no error, because no token was sent (RFC 6750 §3.1). */
export function notAuthenticated(): RefusalException {
  return new RefusalException(401, 'Authentication credentials were not provided.', {
    'www-authenticate': 'Bearer',
  });
}

/** An invalid token: malformed, unknown, revoked or expired (RFC 6750 §3.1). */
export function invalidToken(detail: string): RefusalException {
  return new RefusalException(401, detail, {
    'www-authenticate': `Bearer error="invalid_token", error_description="${detail}"`,
  });
}

/** The token is valid but lacks a scope (RFC 6750 §3.1). */
export function missingScope(scope: string): RefusalException {
  return new RefusalException(
    403,
    `You do not have permission to perform this action: the token lacks the scope ${scope}.`,
    { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  );
}

/** Too many requests; another one is allowed after this many ms. */
export function throttled(detail: string, waitMs: number): RefusalException {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return new RefusalException(
    429,
    `${detail} Expected available in ${seconds} second${seconds === 1 ? '' : 's'}.`,
    {
      'retry-after': String(seconds),
    },
  );
}

/** The object does not exist, or belongs to another organisation: the answer does not say which. */
export function notFound(): RefusalException {
  return new RefusalException(404, 'Not found.');
}

/** The present state does not allow it. */
export function conflict(detail: string): RefusalException {
  return new RefusalException(409, detail);
}

/** It is not possible now; the client may try again after this many seconds. */
export function unavailable(detail: string, retryAfterSeconds: number): RefusalException {
  return new RefusalException(503, detail, { 'retry-after': String(retryAfterSeconds) });
}
