import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { InvalidFieldsException, type OperationDescription } from '@skillora/rest';
import type { FastifyReply, FastifyRequest } from 'fastify';

import type { Answered } from './once-by-key.js';

const MAX_LENGTH = 255;
const HEADER = 'Idempotency-Key';

/** The header's schema, as the documentation shows it. */
const SCHEMA = { type: 'string', minLength: 1, maxLength: MAX_LENGTH, pattern: '^[!-~]([ -~]*[!-~])?$' };

/**
 * Documents the header of a request.
 * @param once says what does not happen twice, and what else holds for such a request.
 */
export const keyHeader = (once: string): NonNullable<OperationDescription['headers']> => ({
  [HEADER]: {
    description: `A key that you choose, for example a random UUID. If you send the same request with the same key within 24 hours, you get the first answer again with the header \`Idempotent-Replayed: true\`, and ${once}. A different request with the same key is refused. A refused request does not use up its key.`,
    schema: SCHEMA,
  },
});

/** Documents the header of an answer that says whether {@link giveOnce} repeats it. */
export const REPLAYED_HEADER = {
  'Idempotent-Replayed': '`true` if this repeats the answer to an earlier request with the same key',
};

/** The body of a reply; sets its header if the answer is a repeated one. */
export function giveOnce<T>(reply: FastifyReply, { answer, replayed }: Answered<T>): T {
  if (replayed) void reply.header('idempotent-replayed', 'true');
  return answer;
}

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
