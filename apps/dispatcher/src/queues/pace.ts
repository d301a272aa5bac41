const SECOND_MS = 1_000;
/**
 * How long a request may travel after it was sent, ms. A receiver counts requests when they arrive. So an
 * attempt counts until a second after its answer, or until a second and this time after it was sent.
 */
const ARRIVES_MS = 100;

/** The time in which an instance knows nothing of the attempts of another one, ms. */
export const UNKNOWN_MS = SECOND_MS + ARRIVES_MS;

/**
 * Keeps the attempts to one endpoint within a number in any second: a window that slides, and no bucket that
 * is filled at once. Times are ms of one monotonic clock.
 */
export class Pace {
  /** Until when each of the latest attempts counts, earliest first; Infinity for one that is not sent yet. */
  private readonly counts: number[] = [];
  /** How many attempts that have begun wait for a place for a second request. */
  private waiting = 0;

  /** @param shutUntil no attempt may begin before, because earlier ones are not known. */
  constructor(private readonly shutUntil = -Infinity) {}

  /**
   * When another attempt may begin, with at most `limit` in any second: a time up to `now` means at once.
   * Infinity: not before an attempt that has begun is sent, or ends.
   */
  opensAt(limit: number, now: number): number {
    return this.freedAt(limit - this.waiting, now);
  }

  /** Counts an attempt that begins. */
  begin(): PacedAttempt {
    return new PacedAttempt(this.counts);
  }

  /** Keeps a place for a second request of an attempt that has begun: it goes before attempts that begin. */
  keepPlace(): KeptPlace {
    this.waiting += 1;
    let isKept = true;
    const giveUp = (): void => {
      if (isKept) this.waiting -= 1;
      isKept = false;
    };
    return {
      opensAt: (limit, now) => this.freedAt(limit, now),
      begin: () => {
        giveUp();
        return this.begin();
      },
      giveUp,
    };
  }

  /** When fewer than `places` requests count. */
  private freedAt(places: number, now: number): number {
    while ((this.counts[0] ?? Infinity) <= now) this.counts.shift();
    const { length } = this.counts;
    const freed = length < places ? -Infinity : (this.counts[length - places] ?? Infinity);
    return Math.max(freed, this.shutUntil);
  }
}

/** A place in a {@link Pace} for a second request. */
export interface KeptPlace {
  /** When the request may be sent, as in {@link Pace.opensAt}. */
  opensAt(limit: number, now: number): number;
  /** Counts the request, which is sent now. */
  begin(): PacedAttempt;
  /** The request is not sent. It does nothing after {@link begin}. */
  giveUp(): void;
}

/** An attempt that counts in a {@link Pace}. */
export class PacedAttempt {
  private until = Infinity;

  constructor(private readonly counts: number[]) {
    counts.push(Infinity);
  }

  /** The request was given to the network at `now`. */
  sent(now: number): void {
    this.countUntil(now + SECOND_MS + ARRIVES_MS);
  }

  /**
   * The attempt has ended at `now`.
   * @param wasMade false when nothing was attempted: then it counts no longer.
   */
  ended(now: number, wasMade: boolean): void {
    if (!wasMade && this.until === Infinity) this.countUntil(-Infinity);
    else this.countUntil(Math.min(this.until, now + SECOND_MS));
  }

  private countUntil(until: number): void {
    const { counts } = this;
    const at = counts.lastIndexOf(this.until);
    // One that no longer counts was removed already.
    if (at < 0) return;
    counts.splice(at, 1);
    this.until = until;
    if (until === -Infinity) return;
    let place = counts.length;
    while (place > 0 && (counts[place - 1] ?? -Infinity) > until) place -= 1;
    counts.splice(place, 0, until);
  }
}
