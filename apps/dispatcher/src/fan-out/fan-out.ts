import { Controller, Inject } from '@nestjs/common';
import { canonicalEventSchema, deliverySchema, recordHeaders, Topics } from '@skillora/contracts';
import {
  BatchHandler,
  decodeRecord,
  type OutgoingRecord,
  type ReceivedRecord,
  type RecordBatch,
  traceOf,
} from '@skillora/kafka';
import { LOGGER, type Logger } from '@skillora/operability';
import { Counter } from 'prom-client';

import { EndpointTable } from '../endpoints/endpoint-table.js';
import { fanOutEvent } from './fan-out-event.js';
import { FanOutLanes } from './fan-out-lanes.js';
import { ledgerEntry } from './ledger.js';

/** Names the transport of this stage. */
export const FAN_OUT = Symbol('fan-out');
export const FAN_OUT_GROUP = 'fan-out';

/** So many events go into one transaction; its cost is shared by them. */
const EVENTS_PER_TRANSACTION = 500;
/** An organisation may have any number of endpoints; memory and the time of a transaction are bounded by these. */
const DELIVERIES_PER_TRANSACTION = 5_000;
const BYTES_PER_TRANSACTION = 8 * 1_024 * 1_024;

/** Events in, deliveries out: each event once, to every endpoint that was subscribed when the event was accepted. */
@Controller()
export class FanOut {
  private readonly events = new Counter({
    name: 'webhook_fan_out_events_total',
    help: 'Events read by the fan-out, by what became of them',
    labelNames: ['outcome'] as const,
  });
  private readonly deliveries = new Counter({
    name: 'webhook_fan_out_deliveries_total',
    help: 'Deliveries made by the fan-out',
  });

  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly endpoints: EndpointTable,
    private readonly lanes: FanOutLanes,
  ) {}

  @BatchHandler(Topics.events, FAN_OUT)
  async onEvents({ partition, records }: RecordBatch): Promise<void> {
    for (let at = 0; at < records.length;) at += await this.fanOut(partition, records.slice(at));
  }

  /** Fans out the first of the records in one transaction. @returns how many. */
  private async fanOut(partition: number, records: readonly ReceivedRecord[]): Promise<number> {
    const lane = await this.lanes.of(partition);
    // Whoever was told that an endpoint is registered before an event was accepted counts on it.
    await this.endpoints.caughtUp();
    const now = new Date();
    const entries = new Set<string>();
    const outgoing: OutgoingRecord[] = [];
    let [bytes, taken, repeated] = [0, 0, 0];
    let nextOffset = 0n;
    for (const record of records) {
      if (taken === EVENTS_PER_TRANSACTION || outgoing.length >= DELIVERIES_PER_TRANSACTION) break;
      if (bytes >= BYTES_PER_TRANSACTION) break;
      taken += 1;
      nextOffset = record.offset + 1n;
      const event = decodeRecord(
        canonicalEventSchema,
        record,
        { topic: Topics.events, partition },
        this.logger,
      );
      if (!event) {
        this.events.inc({ outcome: 'not_an_event' });
        continue;
      }
      const entry = ledgerEntry(event);
      if (entries.has(entry) || lane.ledger.has(entry)) {
        repeated += 1;
        continue;
      }
      entries.add(entry);
      for (const delivery of fanOutEvent(event, this.endpoints, now)) {
        const value = deliverySchema.encode(delivery);
        bytes += value.length;
        outgoing.push({
          topic: Topics.deliveries,
          key: delivery.endpointId,
          value,
          headers: recordHeaders(deliverySchema, traceOf(record)),
        });
      }
    }
    try {
      const consumed = { groupId: FAN_OUT_GROUP, topic: Topics.events, partition, nextOffset };
      await lane.write(outgoing, [...entries], consumed);
    } catch (error) {
      await this.lanes.close(partition);
      throw error;
    }
    this.events.inc({ outcome: 'fanned_out' }, entries.size);
    this.events.inc({ outcome: 'repeated' }, repeated);
    this.deliveries.inc(outgoing.length);
    return taken;
  }
}
