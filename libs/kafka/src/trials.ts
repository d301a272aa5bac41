/** What to do after records could not be handled. */
export interface Verdict {
  /** The partition rests for so long, ms, before they are tried again. */
  readonly restMs: number;
  /** The single record that was tried is to be given up. */
  readonly givesUp: boolean;
}

const MAX_REST_MS = 5_000;
/** Halves of a batch are tried without much of a pause: the pauses are for the record that is found. */
const NARROWING_REST_MS = 100;
/** A record is tried so often alone, which with the pauses between takes six seconds. */
const TRIES_ALONE = 6;

/**
 * How a partition deals with records that cannot be handled. Where the surroundings are to blame the same records are tried
 * for ever. Where the records are, the one among them is found by halving, and given up after bounded tries.
 */
export class Trials {
  private limit = Number.POSITIVE_INFINITY;
  private waits = 0;
  private alone = 0;
  private since: number | null = null;

  /** So many records are handed over at once. */
  get together(): number {
    return this.limit;
  }

  /** When records could not be handled for the first time since some could, ms since the epoch; null when all goes well. */
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
   * @param ofRecords whether they are to blame.
   */
  failed(records: number, ofRecords: boolean, now: number): Verdict {
    this.since ??= now;
    if (!ofRecords) {
      const restMs = pause(this.waits);
      this.waits += 1;
      return { restMs, givesUp: false };
    }
    if (records > 1) {
      this.limit = Math.floor(records / 2);
      return { restMs: NARROWING_REST_MS, givesUp: false };
    }
    this.limit = 1;
    this.alone += 1;
    return { restMs: pause(this.alone), givesUp: this.alone >= TRIES_ALONE };
  }
}

function pause(failures: number): number {
  return Math.min(MAX_REST_MS, 100 * 2 ** failures);
}
