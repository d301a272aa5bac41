import { BytesInMemory } from './bytes-in-memory.js';

/**
 * How many bytes of answers may wait for the clients of one organisation: as much as 16 of the largest pages.
 * Otherwise clients that request and do not read could fill the memory, since a connection takes some hundred
 * KiB itself.
 */
const MOST_BYTES = 64 * 1_048_576;

/** The answers of an instance that clients have not received yet, by organisation. Only these take memory. */
export class UnreadAnswers {
  private readonly bytes = new BytesInMemory();

  /** @param most the limit of one organisation, bytes. */
  constructor(private readonly most = MOST_BYTES) {}

  /** Whether this many more bytes may wait. An answer above the limit may wait alone. */
  hasRoom(organizationId: string, bytes: number): boolean {
    const waiting = this.bytes.of(organizationId);
    return waiting === 0 || waiting + bytes <= this.most;
  }

  /**
   * Registers a waiting answer.
   * @returns a function to call once, when the answer was received or its client has left.
   */
  add(organizationId: string, bytes: number): () => void {
    return this.bytes.add(organizationId, bytes);
  }
}
