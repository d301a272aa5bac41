const SEPARATOR = '.';
const RADIX = 36;

/**
 * Ids of rows as the metadata of a commit, which Kafka takes up to 4,096 bytes of: the least, then how much each is more
 * than the one before.
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

/** The ids, in order. @throws {SyntaxError} when it is not what {@link encodeRowIds} makes. */
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
