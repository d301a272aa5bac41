/** Bytes that no reader can ever read. */
export class UnreadableBytes extends Error {
  override readonly name = 'UnreadableBytes';
}

/** The reason for bytes that are refused because they would take more memory than `limit`, bytes. */
export function tooLarge(codec: string, limit: number): UnreadableBytes {
  return new UnreadableBytes(
    `the ${codec} data holds more than ${limit} bytes, the most that is read of a batch`,
  );
}
