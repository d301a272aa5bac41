import { InvalidFields } from '@skillora/rest';

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
 * @throws {InvalidFields} for one that is not 1 to 255 printable ASCII characters.
 */
export function readIdempotencyKey(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  const key = [header].flat().join(', ');
  if (key.length > MAX_LENGTH || !/^[!-~](?:[ -~]*[!-~])?$/.test(key)) {
    throw new InvalidFields({ [HEADER]: [`Must be 1 to ${MAX_LENGTH} printable ASCII characters.`] });
  }
  return key;
}
