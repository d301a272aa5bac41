/**
 * The database lacks data that this process has already written: it was restored from an older backup, or
 * failed over to a replica that lagged. Only reading again from the stored offset restores the data.
 */
export class DatabaseWentBack extends Error {
  override readonly name = 'DatabaseWentBack';

  /**
   * @param part the partition, as `topic/number`.
   * @param reached the offset up to which records had been applied.
   * @param stored the offset that the database has now.
   */
  constructor(part: string, reached: bigint, stored: bigint) {
    super(
      `the database went back in time: ${part} had been applied up to offset ${reached} and is at ${stored} now. Restart this service, so that the projection reads on from there`,
    );
  }
}
