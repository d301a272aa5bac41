/** Bytes that no reader can make anything of, now or later. */
export class UnreadableBytes extends Error {
  override readonly name = 'UnreadableBytes';
}

/** What is refused because it would take more memory than `limit`, bytes. */
export function tooLarge(codec: string, limit: number): UnreadableBytes {
  return new UnreadableBytes(
    `the ${codec} data holds more than ${limit} bytes, the most that is read of a batch`,
  );
}
