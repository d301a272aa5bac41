/** The place of a record, as a consumer of a test is told it. */
export interface ReadPlace {
  readonly topic: string;
  readonly partition: number;
  readonly message: { readonly offset: string };
}

/**
 * Tells records that a consumer reads for the first time from those that it reads again. A member of a group that loses
 * its place, because a broker died or its process stood still, goes on where it last committed.
 */
export class EachOnce {
  private readonly next = new Map<string, bigint>();

  /** @returns false for a record of the same place, or one behind which others were read. */
  isNew({ topic, partition, message }: ReadPlace): boolean {
    const key = `${topic}/${partition}`;
    const offset = BigInt(message.offset);
    if (offset < (this.next.get(key) ?? 0n)) return false;
    this.next.set(key, offset + 1n);
    return true;
  }
}
