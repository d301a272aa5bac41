import { type CanonicalEvent, Topics } from '@skillora/contracts';
import { dedupeEntry, type DedupeWindow } from '@skillora/dispatcher/simulation-exports';

import type { Arrival } from '../customer-server.js';
import type { ModelKafka } from '../model-kafka.js';
import { LOOK } from '../records.js';
import type { SliceReport } from './one-hop-parts.js';

/** What is known of deliveries that were made. */
interface Made {
  readonly kafka: ModelKafka;
  readonly arrivals: readonly Arrival[];
}

/**
 * The deliveries that a fan-out makes once more when it takes over from an instance that delivers from the log: all those
 * of the events that are open. It does not know which of them have ended.
 */
export class MadeAgain {
  private readonly counts = new Map<string, number>();

  /** How often a delivery was made once more. */
  of(deliveryId: string): number {
    return this.counts.get(deliveryId) ?? 0;
  }

  /**
   * A fan-out takes a partition of the events over.
   * @param next where it goes on. @param known the events that are closed.
   */
  note({ kafka, arrivals }: Made, partition: number, next: bigint, known: Pick<DedupeWindow, 'has'>): void {
    const open = new Set(
      kafka.read(Topics.events, partition, next, Infinity).flatMap(({ value }) => {
        if (value === LOOK) return [];
        const event = value as CanonicalEvent;
        return known.has(dedupeEntry(event)) ? [] : [event.id];
      }),
    );
    const reported = kafka.log(Topics.fanOuts, partition).flatMap(({ value }) => {
      const { eventId, deliveries } = value as SliceReport;
      return open.has(eventId) ? deliveries.map(({ deliveryId }) => deliveryId) : [];
    });
    const attempted = arrivals.flatMap(({ delivery: { eventId, deliveryId } }) =>
      open.has(eventId) ? [deliveryId] : [],
    );
    for (const id of new Set([...reported, ...attempted])) this.counts.set(id, this.of(id) + 1);
  }
}
