const SEPARATOR = '.';
const RADIX = 36;

/**
 * Encodes ids of rows as the metadata of a commit, for which Kafka accepts up to 4,096 bytes: the smallest
 * id, then the difference of each id to the one before.
 */
export function encodeRowIds(ids: readonly string[]): string {
  let former = 0n;
  return ids
    .map(BigInt)
    .sort((a, b) => (a < b ? -1 : 1))
    .map((id) => {
      const more = id - former;
      former = id;
      return more.toString(RADIX);
    })
    .join(SEPARATOR);
}

/** The ids, in order. @throws {SyntaxError} when the text is not a result of {@link encodeRowIds}. */
export function decodeRowIds(metadata: string): string[] {
  if (metadata === '') return [];
  let id = 0n;
  return metadata.split(SEPARATOR).map((more) => {
    if (!/^[0-9a-z]+$/.test(more)) throw new SyntaxError(`not ids of rows: ${metadata}`);
    id += parseBig(more);
    return String(id);
  });
}

function parseBig(digits: string): bigint {
  let value = 0n;
  for (const digit of digits) value = value * BigInt(RADIX) + BigInt(parseInt(digit, RADIX));
  return value;
}
