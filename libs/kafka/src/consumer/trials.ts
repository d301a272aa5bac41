import { backoffMs } from '../backoff.js';

/** What to do after records could not be handled. */
export interface Verdict {
  /** How long the partition pauses before the records are tried again, ms. */
  readonly restMs: number;
  /** Whether the single record that was tried is given up. */
  readonly givesUp: boolean;
}

/** The pauses before the same records are tried again. */
const RESTS = { firstMs: 100, mostMs: 5_000 };
/**
 * While the faulty record is searched for, there is only a short pause; the long pauses are for the record
 * that is found.
 */
const NARROWING_REST_MS = 100;
/** How often a record is tried alone; with the pauses in between this takes six seconds. */
const TRIES_ALONE = 6;

/**
 * How a partition deals with records that cannot be handled. If the cause is outside the records, the same
 * records are tried for ever. If a record is the cause, it is found by halving the batch, and given up after
 * a bounded number of tries.
 */
export class Trials {
  private limit = Number.POSITIVE_INFINITY;
  private waits = 0;
  private alone = 0;
  private since: number | null = null;

  /** How many records are handed over at once. */
  get together(): number {
    return this.limit;
  }

  /**
   * When records first could not be handled after the last success, ms since the epoch; null when there is no
   * failure.
   */
  get failingSince(): number | null {
    return this.since;
  }

  /** Records were handled, or one was given up. */
  succeeded(): void {
    this.limit *= 2;
    this.waits = 0;
    this.alone = 0;
    this.since = null;
  }

  /**
   * Records could not be handled.
   * @param records how many were handed over together.
   * @param ofRecords whether the records are the cause.
   */
  failed(records: number, ofRecords: boolean, now: number): Verdict {
    this.since ??= now;
    if (!ofRecords) {
      const restMs = backoffMs(this.waits, RESTS);
      this.waits += 1;
      return { restMs, givesUp: false };
    }
    if (records > 1) {
      this.limit = Math.floor(records / 2);
      return { restMs: NARROWING_REST_MS, givesUp: false };
    }
    this.limit = 1;
    this.alone += 1;
    return { restMs: backoffMs(this.alone, RESTS), givesUp: this.alone >= TRIES_ALONE };
  }
}
