/**
 * How much of an organisation may wait for its clients to read it, bytes: as much as 48 of the largest pages. Whoever asks
 * and does not read would fill the memory otherwise, since a connection takes some hundred KiB itself.
 */
const MOST_BYTES = 192 * 1_048_576;

/** What an instance has answered and clients have not taken yet, by organisation. Takes memory for these alone. */
export class UnreadAnswers {
  private readonly bytes = new Map<string, number>();

  /** @param most bytes of one organisation. */
  constructor(private readonly most = MOST_BYTES) {}

  /** Whether so much more may wait. An answer that is larger than all of it may where nothing else waits. */
  hasRoom(organizationId: string, bytes: number): boolean {
    const waiting = this.bytes.get(organizationId) ?? 0;
    return waiting === 0 || waiting + bytes <= this.most;
  }

  /** An answer waits from now on. @returns to be called once when it was taken, or its client has left. */
  add(organizationId: string, bytes: number): () => void {
    this.bytes.set(organizationId, (this.bytes.get(organizationId) ?? 0) + bytes);
    return () => {
      const left = (this.bytes.get(organizationId) ?? 0) - bytes;
      if (left > 0) this.bytes.set(organizationId, left);
      else this.bytes.delete(organizationId);
    };
  }
}
