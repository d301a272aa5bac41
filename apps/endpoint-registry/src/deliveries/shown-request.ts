/** The request of one attempt of a delivery. */
export interface DeliveryRequest {
  readonly method: 'POST';
  /** Null when the caller may not see it, or it is not known. */
  readonly url: string | null;
  /** A signature is null if it cannot be made again. */
  readonly headers: Readonly<Record<string, string | null>>;
  /** The exact text that is sent, encoded as UTF-8. */
  readonly body: string;
  /**
   * The attempt of this request; null when none was made yet, and the headers are those of an attempt made
   * now.
   */
  readonly attempt: number | null;
}
