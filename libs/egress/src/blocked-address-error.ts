/** A connection that the egress rules refused, before or when it was opened. */
export class BlockedAddressError extends Error {
  override readonly name = 'BlockedAddressError';
  readonly code = 'EBLOCKED';

  /**
   * @param host The name or address asked for.
   * @param address The address it led to.
   * @param reason The rule it breaks, see `addressProblem`.
   */
  constructor(
    readonly host: string,
    readonly address: string,
    readonly reason: string,
  ) {
    super(`${host} leads to ${address}, which no request may be sent to: ${reason}`);
  }
}
