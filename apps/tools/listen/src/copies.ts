/** A delivery in the API's stream and lists, as far as it is needed here. */
export interface SeenDelivery {
  readonly id: string;
  readonly endpoint_id: string;
  readonly event_type: string;
  readonly attempt_count: number;
  readonly attempts: readonly {
    readonly number: number;
    readonly trigger: string;
    readonly started_at: string;
  }[];
}

/** A request to copy: the attempt of a delivery, by its number. */
export interface Copy {
  readonly deliveryId: string;
  readonly eventType: string;
  readonly attempt: number;
}

/**
 * How many requests are remembered as copied. The same state of a delivery arrives again only shortly after the first
 * time.
 */
const REMEMBERED = 100_000;

/**
 * Decides which requests of a delivery are copied, each once: its first attempt, and each that somebody asked for by
 * hand. Automatic retries are left out, because they belong to failures of the real server.
 */
export class Copies {
  private readonly copied = new Set<string>();

  constructor(private readonly remembered = REMEMBERED) {}

  /**
   * The requests to copy now that a delivery has this state. A first attempt that is yet to come counts, so nobody
   * waits for the real server's answer.
   * @param since attempts that began before belong to a time when nobody listened, ms since the epoch. A delivery's only
   * attempt counts in any case, because the clocks of the services may differ.
   */
  of({ id, event_type: eventType, attempt_count, attempts }: SeenDelivery, since: number): Copy[] {
    const begun = ({ started_at }: { readonly started_at: string }) => Date.parse(started_at) >= since;
    const first = attempts.find(({ number }) => number === 1);
    const numbers = [
      ...(attempt_count <= 1 || (first && begun(first)) ? [1] : []),
      ...attempts
        .filter((attempt) => attempt.number > 1 && attempt.trigger === 'manual' && begun(attempt))
        .map(({ number }) => number),
    ];
    return numbers
      .filter((attempt) => this.isNew(`${id}/${attempt}`))
      .map((attempt) => ({ deliveryId: id, eventType, attempt }));
  }

  private isNew(name: string): boolean {
    if (this.copied.has(name)) return false;
    this.copied.add(name);
    const [oldest] = this.copied;
    if (this.copied.size > this.remembered && oldest !== undefined) this.copied.delete(oldest);
    return true;
  }
}
