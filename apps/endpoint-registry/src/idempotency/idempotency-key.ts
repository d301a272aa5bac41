import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { InvalidFieldsException } from '@skillora/rest';
import type { FastifyRequest } from 'fastify';

const MAX_LENGTH = 255;
const HEADER = 'Idempotency-Key';

/** The header's schema, as the documentation shows it. */
export const IDEMPOTENCY_KEY_SCHEMA = {
  type: 'string',
  minLength: 1,
  maxLength: MAX_LENGTH,
  pattern: '^[!-~]([ -~]*[!-~])?$',
};

/**
 * Reads the header Idempotency-Key; null when there is none.
 * @throws {InvalidFieldsException} for one that is not 1 to 255 printable ASCII characters.
 */
export function readIdempotencyKey(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  const key = [header].flat().join(', ');
  if (key.length > MAX_LENGTH || !/^[!-~](?:[ -~]*[!-~])?$/.test(key)) {
    throw new InvalidFieldsException({
      [HEADER]: [`Must be 1 to ${MAX_LENGTH} printable ASCII characters.`],
    });
  }
  return key;
}

/** The idempotency key of a request, or null; see {@link readIdempotencyKey}. */
export const GivenKey = createParamDecorator((_: unknown, context: ExecutionContext): string | null =>
  readIdempotencyKey(context.switchToHttp().getRequest<FastifyRequest>().headers['idempotency-key']),
);
