import { canonicalEventSchema, Topics } from '@skillora/contracts';
import { decodeRecord, type PlacedRecords } from '@skillora/kafka';
import type { Logger } from '@skillora/operability';

import type { EventLog, PlacedEvent } from './event-bodies.js';

/** `webhook.events` as a log of events. */
export class KafkaEventLog implements EventLog {
  constructor(
    private readonly records: Pick<PlacedRecords, 'readFrom'>,
    /** Smaller records that come with one that is asked for are passed over: nobody will ask for them. */
    private readonly leastBytes: number,
    private readonly logger: Logger,
  ) {}

  async readFrom(place: { readonly partition: number; readonly offset: bigint }): Promise<PlacedEvent[]> {
    const topic = Topics.events;
    const found = await this.records.readFrom({ topic, ...place });
    const { partition, offset } = place;
    return found.flatMap((record) => {
      if (record.offset !== offset && (record.value?.length ?? 0) < this.leastBytes) return [];
      const event = decodeRecord(canonicalEventSchema, record, { topic, partition }, this.logger);
      return event ? [{ offset: record.offset, event }] : [];
    });
  }
}
